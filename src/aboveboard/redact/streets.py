"""What streets are called, by where the word stands. Patterns, to be put into larger ones; used by addresses.py."""

from __future__ import annotations

# USPS Publication 28 appendix C1, British, Indian and New Zealand forms; capitalised, after the street's own name.
AFTER_NUMBER = (
    r"Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Terrace|Way|Parkway|Pkwy"
    r"|Highway|Hwy|Crescent"
    r"|Place|Pl|Square|Sq|Ter|Circle|Cir|Cres|Close|Gardens?|Grove|Mews|Row|Walk|Trail|Trl|Alley|Quay"
    r"|Hills?|Greens?|Rise|Parks?"
    r"|Plaza|Turnpike|Expressway|Freeway|Ways|Route|Rue|Pike|Ridges?|Springs?|Station|Summit|Valleys?"
    r"|Villages?|Ville|Vista"
    r"|Islands?|Isle|Junctions?|Knolls?|Lakes?|Landing|Mall|Manors?|Meadows?|Mills?|Mission|Motorway"
    r"|Mount|Mountains?|Neck"
    r"|Orchard|Oval|Overpass|Passage|Pines?|Plains?|Points?|Ports?|Prairie|Radial|Ramp|Ranch|Rapids?|Rest"
    r"|Rivers?|Roads|Shoals?"
    r"|Shores?|Skyway|Spurs?|Squares|Stravenue|Streams?|Streets|Throughway|Trace|Trafficway|Tunnel"
    r"|Unions?|Via|Viaduct|Views?"
    r"|Wall|Wells?|Burgs?|Bypass|Bridge|Brooks?|Bluffs?|Branch|Bottom|Camp|Canyon|Cape|Causeway|Centers?"
    r"|Cliffs?|Club|Common"
    r"|Corners?|Course|Courts|Coves?|Creek|Crest|Crossing|Crossroad|Curve|Dale|Dam|Divide|Drives|Estates?"
    r"|Extensions?|Falls?"
    r"|Ferry|Fields?|Flats?|Fords?|Forest|Forges?|Forks?|Fort|Gateway|Glens?|Groves|Harbors?|Haven"
    r"|Heights|Hollow|Inlet|Keys?"
    r"|Lodge|Loop|Parkways|Path|Locks?|Lights?|Stream|Copse|Concourse|Esplanade|Promenade|Nagar|Marg"
    r"|Chowk|Ganj|Zila|Salai"
    r"|Bazaar|Colony|Enclave|Sector|Circuit|Parade|Track|Ground|Strand|Broadway|Pathway"
)
# In front of the street's own name: French, Spanish, Catalan, Italian, Portuguese, Polish, Russian, Ukrainian,
# Romanian, Croatian, Indonesian.
FIRST = (
    r"rue|avenue|boulevard|bd|chemin|all[ée]e|impasse|quai|cours|place|square|passage|route"
    r"|calle|c/|c\.|cl\.|avenida|avda\.?|av\.|paseo|carrera|cra\.?|plaza|plazuela|camino|ronda|rambla"
    r"|pasaje|callej[óo]n|pasadizo"
    r"|glorieta|traves[íi]a|urbanizaci[óo]n|v[íi]a|cuesta|alameda|acceso|acequia|bulevar|ca[ñn]ada"
    r"|carretera|carril|corredera"
    r"|costanilla|pol[íi]gono|privada|prolongaci[óo]n|calzada|cerrada|circuito|continuaci[óo]n|corredor"
    r"|diagonal|retorno|viaducto|peatonal"
    r"|carrer|andador|ampliaci[óo]n|perif[ée]rico|circunvalaci[óo]n"
    r"|viale|piazza|piazzale|vicolo|corso|largo|canale|stretto|strada|contrada|borgo|rotonda|incrocio|salita|traversa"
    r"|rua|travessa|pra[çc]a|estrada|rodovia|jardim|fazenda|loteamento|morro|feira|favela|condom[íi]nio"
    r"|conjunto|distrito|esplanada|lago|lagoa"
    r"|ladeira|n[úu]cleo|passarela|p[áa]tio|quadra|recanto|residencial|setor|s[íi]tio|trecho|trevo|vale"
    r"|vereda|viaduto|viela|vila|aeroporto"
    r"|campo|ch[áa]cara|col[ôo]nia|esta[çc][ãa]o|alameda|azinhaga|beco"
    r"|ul\.|ulica|al\.|aleja|pl\.|plac|os\.|osiedle|rondo|skwer"
    r"|ул\.|улица|пр\.|просп\.|проспект|пер\.|переулок|наб\.|набережная|алл\.|аллея|ш\.|шоссе|бул\."
    r"|бульвар|пл\.|площадь"
    r"|вулиця|вул\.|провулок|площа|набережна|шлях|узвіз"
    r"|str\.|bulevardul|b-dul|aleea|calea|intrarea|splaiul|[șs]oseaua|trg|jalan|jl\.|gang"
)
# Ends of one word: German, Dutch, Swedish, Danish, Norwegian, Finnish.
ENDINGS = (
    r"stra(?:ß|ss)e|str\.|weg|platz|allee|gasse|ufer|damm|ring|chaussee|stieg|hof|markt|wall"
    r"|straat|laan|plein|gracht|kade|dijk|singel|steeg|dreef|pad|baan|boulevard|ring"
    r"|gatan|vägen|gränd|torget|stigen|allén|backen|gade|vej|allé|stræde|vænge|toften|parken|gata|gate"
    r"|veien|vegen|svingen"
    r"|katu|tie|kuja|polku|ranta"
)
# After the street's own name, before the number: Hungarian, Croatian, Danish, English as written elsewhere.
LAST = (
    r"utca|út|útja|tér|körút|sétány|köz|sor|fasor|ulica|ulice|Street|Road|Avenue|Lane|Way|Allé|Allee"
    r"|Straße|Strasse|Platz"
)
TURKIC_LAST = r"Caddesi|Cad|Sokak|Sokağı|Sok|Bulvarı|Mahallesi|Mah|Cd|Sk"
UNITS = (
    r"apt|ap|sc|apartment|suite|ste|unit|flat|floor|room|building|bldg|studio|block|appt|appartement|apto"
    r"|puerta|piso|esc|interior|int"
    r"|edif|depto|appartamento|piano|scala|wohnung|etage|m\.|lok|byt|кв|оф|bl|lt|bus|lgh|daire|kat"
)
