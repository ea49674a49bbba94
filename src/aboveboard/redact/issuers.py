"""Keys and tokens in the formats that their issuers publish: prefix, alphabet, length.

Sources: the issuers' documentation, and what the public rule sets of gitleaks, trufflehog and detect-secrets agree on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from aboveboard.redact.late import Late
from aboveboard.redact.spans import Span

_FORMATS = Late(
    r"-----BEGIN [A-Z0-9 ]{0,32}(?:PRIVATE KEY|PGP MESSAGE)(?: BLOCK)?-----(?:.{1,8192}?-----END [A-Z0-9 ]{0,40}-----)?"
    r"|AGE-SECRET-KEY-1[0-9A-Z]{20,80}"
    r"|\beyJ[A-Za-z0-9_-]{5,2048}\.[A-Za-z0-9_-]{5,4096}(?:\.[A-Za-z0-9_-]{0,2048})?"
    r"|\b(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,255}|\bgithub_pat_\w{20,255}"
    r"|\bgl(?:pat|dt|rt|ptt|cbt|ft|imt|agent|soat)-[\w-]{18,64}"
    r"|\bxox[abeoprs]-[\w-]{10,250}|\bxapp-\d-[\w-]{10,250}|(?:https://)?hooks\.slack\.com/(?:services|workflows)/[\w/+]{20,200}"
    r"|\b[srw](?:k|hsec)_(?:live|test|prod)?_?[A-Za-z0-9]{16,250}|\bwhsec_[A-Za-z0-9+/=]{20,100}"
    r"|\bAIza[\w-]{30,45}|\bya29\.[\w-]{20,1024}|\bGOCSPX-[\w-]{20,40}|\b1//0[\w-]{20,200}"
    r"|\bsk-(?:ant-|proj-|svcacct-|or-)?[\w-]{20,250}|\bhf_[A-Za-z0-9]{20,60}|\br8_[A-Za-z0-9]{30,50}"
    r"|\bgsk_[A-Za-z0-9]{30,80}"
    r"|\bnpm_[A-Za-z0-9]{30,60}|\bpypi-[\w-]{16,300}|\brubygems_[0-9a-f]{40,60}|\bdckr_pat_[\w-]{20,60}"
    r"|\bcio[A-Za-z0-9]{32}\b"
    r"|\bSG\.[\w-]{16,32}\.[\w-]{32,64}|\bkey-[0-9a-zA-Z]{32}\b|\b(?:AC|SK)[0-9a-f]{32}\b"
    r"|\bxkeysib-[0-9a-f]{40,80}-\w{8,32}"
    r"|\bdo[opr]_v1_[0-9a-f]{40,80}|\bdapi[0-9a-f]{32}|\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|\bEAAC?[A-Za-z0-9]{30,300}"
    r"|\bsq0(?:atp|csp|idp)-[\w-]{20,60}|\bEAAA[\w-]{50,80}|\blin_api_[A-Za-z0-9]{30,60}|\bfigd_[\w-]{20,80}"
    r"|\bntn_[A-Za-z0-9]{30,60}"
    r"|\bpat[A-Za-z0-9]{14}\.[0-9a-f]{64}|\bATATT3[\w=-]{20,250}|\bNRAK-[A-Z0-9]{20,40}|\bglsa_[A-Za-z0-9_]{30,60}"
    r"|\bvercel_[A-Za-z0-9]{20,60}"
    r"|\bhv[sbr]\.[\w-]{20,200}|\bsntr[ysu]{1,2}_[\w=+/-]{20,300}|\bdp\.(?:pt|st|ct|sa)\.[\w.]{20,80}"
    r"|\bpul-[0-9a-f]{40}\b"
    r"|\b\d{8,10}:A[A-Za-z0-9_-]{32,36}\b|\b[A-Za-z0-9_-]{23,28}\.[\w-]{6}\.[\w-]{27,40}\b"
    r"|\b[5KL][1-9A-HJ-NP-Za-km-z]{50,51}\b|\bxprv[1-9A-HJ-NP-Za-km-z]{50,120}\b|\bsecret-token:[\w%.~-]{8,200}"
    r"|\b\d{6,14}-[a-z0-9]{32}\.apps\.googleusercontent\.com|\b\w{3}\dQ~[\w~.-]{31,34}|\b[0-9a-f]{32}-us\d{1,2}\b"
    r"|(?:https://)?\bdiscord(?:app)?\.com/api/webhooks/\d{10,24}/[\w-]{40,80}|\bsl\.[\w-]{60,200}|\bA{10,22}[A-Za-z0-9%]{40,120}"
    r"|\b[a-zA-Z0-9]{14}\.atlasv1\.[\w=-]{50,80}|\bnfp_\w{30,50}|\bsk-[A-Za-z0-9]{10,30}T3BlbkFJ\w{10,40}"
    r"|\bpscale_(?:tkn|pw|oauth)_[\w.-]{30,70}"
    r"|\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}|\bsq[pau]_[a-f0-9]{40}|\bsbp_[a-f0-9]{40}"
    r"|\bLTAI[A-Za-z0-9]{12,24}\b|\bEZ[AT]K[A-Za-z0-9]{54}"
    r"|\bFLWSECK_TEST-[\w-]{12,60}|\bfio-u-[\w-]{60,70}|\b(?:live|test)_[a-f0-9]{35}\b"
    r"|\bsecret_[A-Za-z0-9]{43}\b|\bpnu_\w{36}"
    r"|\brdme_\w{60,80}|\btk-us-[\w-]{48}|\bshippo_(?:live|test)_[a-f0-9]{40}|\btfp_[\w.=-]{50,64}"
    r"|\bpplx-[A-Za-z0-9]{40,60}|\btskey-[\w-]{16,80}"
    r"|\bbkua_[a-z0-9]{40}|\bCCIPAT_\w{10,40}_[a-f0-9]{40}|\bdt0c01\.[A-Z0-9]{24}\.[A-Z0-9]{64}"
    r"|\baio_\w{28}|\bCLOJARS_[a-z0-9]{60}|\bops_eyJ[\w+/=-]{40,2000}"
    r"|\bxoxe\.xox[bp]-\d-[A-Za-z0-9]{100,200}|\bduffel_(?:live|test)_[\w=-]{43}|\bBBFF-\w{30}"
    r"|\bAKC[A-Za-z0-9]{10,80}\b|\bico-[A-Za-z0-9]{32}"
    r"|\bsgp_(?:[a-f0-9]{16}_|local_)?[a-f0-9]{40}|\bglc_[A-Za-z0-9+/=]{32,400}"
    r"|\beyJrIjoi[A-Za-z0-9=]{60,400}|\bCFPAT-[\w-]{40,50}"
    r"|\bphc?_[A-Za-z0-9]{40,50}|\bsig=[A-Za-z0-9%+/=]{40,120}|\bAccountKey=[A-Za-z0-9+/=]{40,100}"
    r"|\bEndpoint=sb://\S{20,300}"
    r"|\bAPKA[0-9A-Z]{16}\b|\bABSK[A-Za-z0-9+/=]{100,270}|\bbedrock-api-key-\S{20,400}"
    r"|\bxai-[A-Za-z0-9]{60,90}|\bTKC[\w-]{30,80}|\bage1[a-z0-9]{58}"
    r"|\bapi_org_[A-Za-z]{34}|\bsm_(?:pat|sat|aat)_[A-Za-z0-9]{16}|\brzp_(?:live|test)_[A-Za-z0-9]{14}"
    r"|\b(?:pk|sk|tk)\.[A-Za-z0-9_-]{50,100}\.[A-Za-z0-9_-]{20,30}\b"
    r"|\bsha256~[A-Za-z0-9_-]{43}|\baccess_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}"
    r"|\bHRKU-[A-Za-z0-9_-]{36,70}|\bNRJS-[a-f0-9]{19}|\bNRI[IQ]-[A-Za-z0-9-]{32}"
    r"|\b(?:sc|ext|scauth|authress)_[a-z0-9]{5,30}\.[a-z0-9]{4,6}\.acc[_-][a-z0-9-]{10,32}\.[A-Za-z0-9+/_=-]{30,120}"
    r"|(?:https://)?\b[a-z0-9.-]{1,60}webhook\.office\.com/webhookb2/[\w@/-]{60,300}|(?:https://)?\bhooks\.zapier\.com/hooks/catch/[\w/]{6,60}"
    r"|\bb_[a-z0-9=_-]{44}(?![\w-])"
    r"|\bPuTTY-User-Key-File-\d|\bPrivate-Lines: \d{1,3}|\bssh-(?:rsa|ed25519|dss) AAAA[A-Za-z0-9+/=]{40,1000}",
    re.DOTALL,
)
_PRIVATE_KEY = Late(
    r"-----BEGIN [A-Z0-9 ]{0,32}(?:PRIVATE KEY|PGP MESSAGE)(?: BLOCK)?-----.{1,16384}?-----END [A-Z0-9 ]{0,40}-----",
    re.DOTALL,
)
_STAND_IN = re.compile(r"([xX*.0])\1{9}")  # "sk-xxxxxxxxxxxxxxxxxxxx"
_MAYBE = re.compile(r"[A-Za-z0-9_.+/=~:-]{20}|-----BEGIN")  # none is shorter


def find_private_keys(text: str) -> Iterator[Span]:
    """SECRET findings: a key of any length on one line, from BEGIN to END."""
    for match in _PRIVATE_KEY.finditer(text):
        yield Span(match.start(), match.end(), "SECRET")


def find_issued(text: str) -> Iterator[Span]:
    """SECRET findings in order, disjoint."""
    if _MAYBE.search(text):
        for match in _FORMATS.finditer(text):
            if not _STAND_IN.search(match.group()):
                yield Span(match.start(), match.end(), "SECRET")
