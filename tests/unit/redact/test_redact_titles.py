"""Titles and labels: routes for addresses, endings for files, and nothing of paths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.redact.redactor import Redactor
from aboveboard.redact.titles import file_name, redact_title


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("Letter to Ann Smith.odt - LibreOffice Writer", ":file.odt - LibreOffice Writer"),
        ("divorce lawyer.odt — LibreOffice Writer", ":file.odt — LibreOffice Writer"),
        ("*Report for the bank.docx [Compatibility Mode] - Word", ":file.docx [Compatibility Mode] - Word"),
        ("● main.py - project - Visual Studio Code", "main.py - project - Visual Studio Code"),
        ("Open Jane_Roe_CV.pdf", "Open :file.pdf"),
        ("Download invoice-2024-0001.pdf?", "Download :file.pdf?"),
        ("https://shop.example/orders/4711?q=1#top - Chromium", "https://shop.example/orders/:id - Chromium"),
        ("www.shop.example/users/rose", "www.shop.example/users/:id"),
        ("See shop.example/users/rose, please", "See shop.example/users/:id, please"),
        ("https://rose:house@shop.example/", "https://shop.example"),
        ("file:///home/rose/garden.html", ":url"),
        ("data:text/plain,garden", ":url"),
        ("rose@laptop: ~/old/garden", ":place"),
        ("/home/rose/garden - Files", ":path - Files"),
        ("C:\\Users\\rose\\old garden - Explorer", ":path - Explorer"),
        ("\\\\server\\rose\\garden", ":path"),
        ("Settings", "Settings"),
        ("Inbox (3) - Mail", "Inbox (3) - Mail"),
        ("Yes / No and/or both", "Yes / No and/or both"),
        ("Version 1.2.3 is here. Update now?", "Version 1.2.3 is here. Update now?"),
        ("", ""),
    ],
)
def test_titles(redactor: Redactor, title: str, kept: str) -> None:
    assert redact_title(redactor, title).replace("● ", "") == kept
    assert redact_title(redactor, title, redactor.label).replace("● ", "") == kept


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Ann Smith.PDF", ":file.pdf"),
        ("index.html", "index.html"),
        ("Untitled 1.txt", ":file.txt"),
        ("README.md", "readme.md"),
        ("archive.tar.gz", ":file.gz"),
        ("no ending at all", ":file"),
        (".bashrc", ":file"),
        ("secret.unknownending", ":file"),
        ("a\nb.pdf", ":file.pdf"),
    ],
)
def test_file_names(name: str, kept: str) -> None:
    assert file_name(name) == kept


@given(st.text(max_size=80))
def test_any_title_is_taken_and_no_written_name_of_a_file_stays(text: str) -> None:
    redactor = Redactor(b"k")
    assert len(redact_title(redactor, text)) <= 201
    assert "zzqzz" not in redact_title(redactor, f"{text} zzqzz.pdf")


def test_long_titles_end() -> None:
    assert len(redact_title(Redactor(b"k"), "garden " * 10_000)) <= 201
