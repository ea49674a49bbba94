"""PERSON in Chinese, Japanese and Korean writing, which has no capitals and mostly no spaces.

A run of letters is cut into the longest listed words from the left; what is left over and begins with a family name is
a name. Honorifics and fields ("联系人:") decide without a list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from aboveboard.redact.late import Late
from aboveboard.redact.spans import Span
from aboveboard.redact.words import codes, word_set

_HAN = Late(r"[\u3400-\u9fff\u3005]+")
_KANA = re.compile(r"[\u3041-\u30ff]")
_KATAKANA = Late(r"[\u30a1-\u30fa\u30fc]+")
_HANGUL = Late(r"[\uac00-\ud7a3]+")
_ANY = re.compile(r"[\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_SPACED_JA = Late(
    r"([\u3400-\u9fff\u3005]{1,3})[ \u3000]([\u3041-\u3096\u3400-\u9fff\u3005]{1,3}?)"
    r"(?=[^\u3041-\u3096\u3400-\u9fff]|$|さん|さま|様|です|は|が|の|を|に)"
)
# A given name, then a family name, as forms in western order write them.
_TURNED = Late(
    r"(?<![\u3041-\u9fff\uac00-\ud7af])([\u3041-\u3096\u3400-\u9fff\uac00-\ud7a3]{1,3})"
    r" ([\u3400-\u9fff\uac00-\ud7a3]{1,3})(?![\u3041-\u9fff\uac00-\ud7af])"
)
_MIXED_JA = Late(
    r"(?<![\u3041-\u3096\u3400-\u9fff])[\u3041-\u3096\u3400-\u9fff\u3005]{2,4}(?![\u3041-\u3096\u3400-\u9fff])"
)
_HONORIFIC_JA = Late(r"(?: ?(?:さん|さま|くん|ちゃん|様|氏|先生|君|殿|部長|課長|社長))")
_HONORIFIC_ZH = Late(r"(?: ?(?:先生|女士|小姐|太太|您好|你好|老师|老師|经理|經理|同学|同學|医生|醫生|主任))")
_CUE_ZH = Late(
    r"(?:联系人|聯絡人|聯繫人|姓名|寄件人|收件人|发件人|發件人|负责人|負責人|作者|客户|客戶|用户名?|我叫|名叫|致|打电话给|發給|发给"
    r"|同事|经理|担当者は?|担当|氏名|名前は?|宛先|差出人)[ :：は]{0,2}$"
)
_PARTICLE_KO = Late(
    r"(?:님께서|님께|님의|님이|님은|님과|님을|님|씨의|씨가|씨는|씨와|씨|에게서|에게|께서|한테|이라고|입니다|이에요|예요|으로"
    r"|은|는|이|가|을|를|와|과|의|도|로)$"
)
_HONORED_KO = re.compile(r"^(?:님|씨)")
_FAMILY_ZH = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴"
    "夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟"
    "安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲"
    "成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来嵺"
    "苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠連張劉陳楊趙黃吳孫馬羅鄭謝韓馮蕭鄧許呂蘇盧蔣賈葉閻餘鍾譚鄒陸顧龍萬錢湯"
    "賀賴龔龐蘭顏嚴倪莊鄔簡塗連藍闕"
)
_FAMILY_ZH_TWO = word_set("欧阳 司马 诸葛 上官 夏侯 皇甫 尉迟 公孙 慕容 司徒 歐陽 司馬 諸葛 張簡 范姜")
# Family names that are also everyday characters: a name only after a cue or before an honorific.
_EVERYDAY_ZH = frozenset(
    "于高何任方石金白江史万段文安向路时关成项曲位单包司解强华车边古来全简盖符木党管常左连連萬余餘武易温牛章甘景查"
    "费游阳宁房米池谷木兰馬马黄黃夏田康龙龍雷施钱錢许許程丁季申毕童席卫池谈燕沈陆陸"
)
_FAMILY_JA = word_set(
    "佐藤 鈴木 高橋 田中 渡辺 渡邊 伊藤 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 斎藤 斉藤 清水"
    " 山崎 阿部 森 池田 橋本 山下 石川 中島 前田 藤田 後藤 小川 岡田 村上 長谷川 近藤 石井 坂本 遠藤 藤井 青木 福田"
    " 三浦 西村 藤原 太田 松田 原田 岡本 中野 中川 小野 田村 竹内 金子 中山 和田 石田 工藤 上田 原 森田 酒井 横山"
    " 柴田 宮崎 宮本 内田 高木 安藤 谷口 大野 丸山 今井 高田 菅原 河野 武田 藤本 上野 杉山 千葉 村田 増田 小島 小山"
    " 大塚 平野 久保 渡部 松井 菊地 菊池 岩崎 松尾 佐野 木下 野口 野村 新井 古川 市川 浜田 大西 水野 小松 島田 桜井"
    " 杉本 山内 西田 北村 安田 川口 西川 秋山 平田 五十嵐 川崎 飯田 吉川 関 本田 久保田 沢田 辻 関口 吉村 岩田 中西"
    " 服部 樋口 福島 川上 永井 松岡 田口 山中 森本 土屋 矢野 広瀬 秋元 石原 松下 大橋 松浦 吉岡 小池 馬場 浅野 荒木"
    " 大久保 野田 岡崎 横田 田辺 川村 星野 黒田 堀 尾崎 望月 永田 熊谷 内藤 松村 西山 大石 平井 本間 津田 加納 若松"
    " 江古田 宇野 笹田 三宅 廣川 喜嶋 青田 大垣 桐山 津田 田辺 杉山"
)
_FAMILY_KO = frozenset(
    "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민진나지엄채원천방공현"
)
_GIVEN_KO = frozenset(
    "민서지현수영정은주준도하예성재태동승상유진혜경미보소윤아연우희선호석훈철중광병종창기용춘옥숙순자남명시원건규혁빈찬"
    "솔림나라래온율린결겸담단별봄샘슬한해환휘후형택범식일섭국권근길덕만문배복봉삼생세신안애양언엽오완욱웅을의인임"
    "점제조천초필학향화효"
)
_WORD_MAX = 4


def find_east_asian_people(text: str) -> Iterator[Span]:
    """Findings in no particular order; may overlap."""
    if not _ANY.search(text):
        return
    japanese = _KANA.search(text) is not None
    for match in _SPACED_JA.finditer(text):
        if match.group(1) in _FAMILY_JA and "j" not in codes(match.group(2)):
            yield Span(match.start(1), match.end(1), "PERSON")
            yield Span(match.start(2), match.end(2), "PERSON")
    for match in _TURNED.finditer(text):
        given, family = match.groups()
        if (family in _FAMILY_ZH or family in _FAMILY_JA or family in _FAMILY_KO or "F" in codes(family)) and not any(
            code.islower() for code in codes(given) if len(given) > 1
        ):
            yield Span(match.start(1), match.end(1), "PERSON")
            yield Span(match.start(2), match.end(2), "PERSON")
    for match in _MIXED_JA.finditer(text):
        if "G" in codes(match.group()) and "j" not in codes(match.group()):
            yield Span(match.start(), match.end(), "PERSON")
    for match in _HAN.finditer(text):
        yield from (_japanese if japanese else _chinese)(text, match.start(), match.end())
    if japanese:
        for match in _KATAKANA.finditer(text):
            run = match.group()
            found = codes(run)
            honored = _HONORIFIC_JA.match(text, match.end()) is not None
            if len(run) > 1 and "j" not in found and (honored or "G" in found or "F" in found):
                yield Span(match.start(), match.end(), "PERSON")
    for match in _HANGUL.finditer(text):
        size = _korean(text, match.start(), match.end())
        if size:
            yield Span(match.start(), match.start() + size, "PERSON")


def _listed(text: str, at: int, end: int, code: str) -> int:
    """The length of the longest listed word of two or more letters that begins here; 0 for none."""
    for size in range(min(_WORD_MAX, end - at), 1, -1):
        if code in codes(text[at : at + size]):
            return size
    return 0


def _japanese(text: str, start: int, end: int) -> Iterator[Span]:
    honored = _HONORIFIC_JA.match(text, end)
    run = text[start:end]
    inner = re.search(r"(?:様|氏|先生|君|殿|部長|課長|社長)$", run)
    if inner and inner.start() > 0:
        end = start + inner.start()
        run = text[start:end]
    cued = honored or inner or _CUE_ZH.search(text, max(0, start - 8), start)
    if cued and 1 <= len(run) <= 6 and "j" not in codes(run):
        yield Span(start, end, "PERSON")
        return
    at = start
    while at < end:
        family = next((size for size in (3, 2, 1) if text[at : at + size] in _FAMILY_JA and at + size <= end), 0)
        rest = end - at - family
        if (
            family
            and "j" not in codes(run)
            and (family > 1 or at == start)
            and 1 <= rest <= 3
            and "j" not in codes(text[at + family : end])
        ):
            yield Span(at, end, "PERSON")
            return
        if family > 1 and rest == 0 and "j" not in codes(run):
            yield Span(at, end, "PERSON")
            return
        at += _listed(text, at, end, "j") or 1
    if "G" in codes(run) and "j" not in codes(run):
        yield Span(start, end, "PERSON")


def _chinese(text: str, start: int, end: int) -> Iterator[Span]:
    at = start
    while at < end:
        two = text[at : at + 2] in _FAMILY_ZH_TWO
        size = _listed(text, at, end, "z")
        lone = at == start and end - at <= 3 and "F" in codes(text[at])
        if two or lone or text[at] in _FAMILY_ZH:
            name = _chinese_name(text, at, end, 2 if two else 1, size)
            if name:
                yield Span(at, at + name, "PERSON")
                at += name
                continue
        at += size or 1


def _chinese_name(text: str, at: int, end: int, family: int, listed: int) -> int:
    """The length of the name that begins with a family name here; 0 for none."""
    cued = _CUE_ZH.search(text, max(0, at - 8), at) is not None
    for given in (2, 1):
        after = at + family + given
        if after <= end and _HONORIFIC_ZH.match(text, after):
            return family + given if not listed or listed >= family + given or cued else 0
    if _HONORIFIC_ZH.match(text, at + family) and not listed:
        return family
    alone = (at == 0 or not _HAN.match(text, at - 1)) and end - at <= family + 2
    if not cued and not alone and (listed or text[at] in _EVERYDAY_ZH):
        return 0
    if alone and listed == end - at:
        return 0
    left = end - at - family
    if left <= 0:
        return 0
    if left == 1:
        return family + 1
    if _listed(text, at + family + 1, end, "z") and not _listed(text, at + family, min(end, at + family + 2), "z"):
        return family + (2 if left == 2 else 1)
    return family + 2


def _korean(text: str, start: int, end: int) -> int:
    """How many letters from the start of a word are a name; 0 for none."""
    run = text[start:end]
    if "q" in codes(run):
        return 0
    particle = _PARTICLE_KO.search(run)
    stems = [run[: particle.start()], run] if particle else [run]
    honored = (particle is not None and _HONORED_KO.match(particle.group())) or re.match(
        r" ?(?:님|씨)", text[end : end + 2]
    )
    for stem in stems:
        if "G" in codes(stem) and "q" not in codes(stem) and len(stem) > 1:
            return len(stem)
        if not 2 <= len(stem) <= 4 or stem[0] not in _FAMILY_KO or "q" in codes(stem):
            continue
        given = stem[1:]
        if honored or "G" in codes(given) or (len(given) == 2 and all(letter in _GIVEN_KO for letter in given)):
            return len(stem)
    return 0
