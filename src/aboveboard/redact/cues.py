"""What stands beside names: titles, greetings, headers, particles, in several languages. Used by people.py."""

from __future__ import annotations

import re

from aboveboard.redact.words import word_set

# All of these are searched in the few characters before a word, and end where it begins.
_TITLE = (
    r"(?<!\w)(?:mr|mrs|ms|miss|mx|dra?(?:\(a\))?|(?:ju|mu|ph|rn|pae|mv|th)dr|univ|dipl|prof|professor|doctor|sir|madam|dame|lord|lady|herr[n]?|frau|hr"
    r"|fr(?=\.)|monsieur|madame"
    r"|mademoiselle|mme|mlle|se[ñn]or(?:a|ita)?|sra?|do[ñn]a|dn?a|signor[ae]?|sig(?:\.?ra)?"
    r"|dott(?:\.?ssa)?|senhora?|dhr|mevr"
    r"|mevrouw|meneer|pan[ií]?|pana|captain|capt|sgt|sergeant|judge|officer|rev|uncle|aunt|auntie|bay"
    r"|bayan|fru|κυρία|κύριος"
    r"|κυρίου|κ|господин|госпожа|г-н|г-жа|пан|пані|доктор|domnul|doamna|gospodin|gospođa|السيد|السيدة"
    r"|الدكتور|श्री|श्रीमती)"
    r"(?:\. ?| )"
)
TITLE = re.compile(rf"{_TITLE}$", re.IGNORECASE)
HAS_TITLE = re.compile(rf"{_TITLE}(?=[^\W\d_])", re.IGNORECASE)
DEGREE = re.compile(
    r",? ((?:Jr|Sr|I{2,3}|IV|MD|M\.D|DDS|DVM|PhD|Ph\.D|Esq|MBA|B\.A|B\.Sc|BSc|M\.A|M\.Sc|MSc|B\.Eng|M\.Eng|RN|CPA"
    r"|Dipl\.-Ing|CSc|DrSc|DiS|Ing|Bc)\b)"
)
GREETING = re.compile(
    r"(?<!\w)(?:happy birthday|congratulations"
    r"|hi|hey|hello|dear|thanks|thank you|cheers|regards|wishes|sincerely|yours|love|bye|goodbye"
    r"|good (?:morning"
    r"|evening|afternoon)|welcome|hallo|liebe[rs]?|danke|bonjour|salut|merci|cher|ch[eè]re|hola|gracias"
    r"|querid[oa]|ciao|grazie"
    r"|car[oa]|cze[sś][cć]|dzi[eę]ki|ol[aá]|obrigad[oa]|hej|tack|kære|kjære|hei|beste|bedankt|ahoj|szia|kedves|merhaba"
    r"|selam|привет|здравствуйте|спасибо|привіт|γεια(?: σου)?|bun[aă]|bok|سلام|مرحبا|नमस्ते)[,!]? +$",
    re.IGNORECASE,
)
HEADER = re.compile(
    r"(?:^|[^\w-])(?:from|to|cc|bcc|name|author|contact|sender|recipient|attn|attention|owner|assignee"
    r"|assigned to|reporter"
    r"|reviewer|organi[sz]er|signed|signed-off-by|reviewed-by|reported-by|acked-by|tested-by"
    r"|co-authored-by|user|patient"
    r"|customer|client|employee|student|full name|first name|last name|surname|von|an|de|à|para|da|imi[eę])"
    r"[\"']?:[\"' ] ?$",
    re.IGNORECASE,
)
# In front of a name in the middle of a sentence, when the name is a plain word too.
CUE = re.compile(
    r"(?<!\w)(?:with|from|by|to|for|and|or|ask|asked|tell|told|call|called|met|meet|saw|see|know|knows"
    r"|thank|thanks|invite"
    r"|invited|remind|reminded|email|emailed|text|texted|love|loves|that|said|says|because|when|if|while"
    r"|but|about|named"
    r"|colleague|friend|brother|sister|mother|father|son|daughter|husband|wife|boss|manager|neighbou?r|is"
    r"|was|has|mit|von"
    r"|avec|con|com|med|z) $",
    re.IGNORECASE,
)
AFTER_NAME = re.compile(
    r"(?: (?:is|was|has|had|said|says|replied|wrote|writes|asked|asks|sent|shared|called|joined|left"
    r"|wants|wanted|thinks"
    r"|likes|lives|works|worked|told|invited|commented|spent|began|mentioned|added|accepted|declined|reacted|and I"
    r"|can't|doesn't|didn't)\b"
    r"|['’]s (?!\w+ing\b))"
)
# What only people do: enough after a family name, too ("Price wrote", but not "Price is").
SAYING = re.compile(
    r" (?:said|says|replied|wrote|writes|asked|asks|told|thinks|joined|invited|commented|spent|began|lives|works)\b"
)
JOINT = re.compile(r"(?: |\u00a0|-|\u2010|\u2011|\. ?|'|’)")
REVERSED = re.compile(r", ?")
PARTICLES = word_set(
    "van von vom zu zur de del della dello di da dal dos das do du des le la las los el al der den dem"
    " ter ten te op het 't"
    " بن بنت ابن آل عبد أبو بنو bin ibn ben bint abu af av y e i und st ste saint san santa mac mc o"
)
# Function words that the census knows as family names, and words that follow names in interfaces.
NEVER_FAMILY = word_set(
    "the a an and or but if so as at by in on of to for from with into is was are were be been has have"
    " had do does did can"
    " could will would shall should may might must not no yes all any more most some this that these"
    " those it its he she"
    " they we you i me my your his her our their who what when where why how which than then there here just also very"
    " now new only out up down off over under about after before again once here see say said get got go"
    " going come ask let"
    " inc ltd llc corp gmbh plc street road avenue lane drive way court place today tomorrow yesterday monday tuesday"
    " wednesday thursday friday saturday sunday january february march april june july august september"
    " october november"
    " december calendar inbox mail email page list file folder report meeting chat profile account settings document"
)
# Written before a name without being one, though somebody is called so: "Dear Ann", "Call Ryan".
ADDRESSING = word_set(
    "dear call tell ping best poor even block cher happy ask text meet pay show help email invite remind"
)
# Before or as the word itself: not a person ("the Bill", "May").
NOT_BEFORE_NAME = word_set(
    "the a an as into this that these those each every any no some all its of may april june august mark will"
    " page summer autumn"
    " winter spring dot art don van red"
)
