// Checks, in the browser, that an entry is in the log: RFC 6962 inclusion, the log's signature, the witnesses' quorum.
// No library: SHA-256 and Ed25519 are the browser's own. Formats: C2SP tlog-proof, signed-note, tlog-cosignature.
"use strict";
(() => {
  const text = new TextEncoder();
  const bytes = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const same = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);
  const join = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
  const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", join(...parts)));
  // A reason is a key of the page's words, in the reader's language; {key} is filled in.
  const fail = (why, key = "") => { throw Object.assign(new Error(why), { key }); };
  const words = Object.fromEntries(
    [...document.getElementById("words").content.querySelectorAll("[data-word]")].map((each) => [each.dataset.word, each.textContent]));
  const say = (key, values = {}) => (words[key] || key).replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

  // RFC 9162 2.1.3.2. BigInt: an index may be above 2^53.
  async function rootFrom(entry, index, size, hashes) {
    let fn = BigInt(index), sn = BigInt(size) - 1n, root = await sha256([0], entry);
    if (fn > sn) fail("no_entry");
    for (const hash of hashes) {
      if (sn === 0n) fail("many");
      if (fn & 1n || fn === sn) {
        root = await sha256([1], hash, root);
        while (!(fn & 1n) && fn !== 0n) { fn >>= 1n; sn >>= 1n; }
      } else root = await sha256([1], root, hash);
      fn >>= 1n; sn >>= 1n;
    }
    if (sn !== 0n) fail("few");
    return root;
  }

  function readNote(note) {
    const end = note.indexOf("\n\n");
    if (end < 0) fail("note");
    const body = note.slice(0, end + 1), [origin, size, root] = body.split("\n");
    const signatures = note.slice(end + 2).split("\n").filter(Boolean).map((line) => {
      const [, name, blob] = line.match(/^\u2014 (\S+) (\S+)$/) || fail("signature");
      return { name, id: bytes(blob).slice(0, 4), blob: bytes(blob).slice(4) };
    });
    if (!/^(0|[1-9][0-9]*)$/.test(size)) fail("note");
    return { body, origin, size, root: bytes(root), signatures };
  }

  function readProof(proof) {
    const end = proof.indexOf("\n\n"), lines = proof.slice(0, end).split("\n");
    if (end < 0 || lines.shift() !== "c2sp.org/tlog-proof@v1") fail("proof");
    if (lines[0].startsWith("extra ")) lines.shift();
    const index = (lines.shift().match(/^index (0|[1-9][0-9]*)$/) || fail("proof"))[1];
    return { index, hashes: lines.map(bytes), note: proof.slice(end + 2) };
  }

  async function key(encoded, algorithm) {
    const [name, id, ...rest] = encoded.split("+"), raw = bytes(rest.join("+"));
    const known = (await sha256(text.encode(name + "\n"), raw)).slice(0, 4);
    if (raw.length !== 33 || raw[0] !== algorithm) fail("key", name);
    if ([...known].map((b) => b.toString(16).padStart(2, "0")).join("") !== id) fail("key", name);
    return { name, id: known, public: await crypto.subtle.importKey("raw", raw.slice(1), "Ed25519", false, ["verify"]) };
  }

  const by = (signature, key) => signature.name === key.name && same(signature.id, key.id);

  async function cosigned(note, key) {
    for (const signature of note.signatures) {
      if (!by(signature, key) || signature.blob.length !== 72) continue;
      const time = new DataView(signature.blob.buffer).getBigUint64(0);
      const message = text.encode(`cosignature/v1\ntime ${time}\n${note.body}`);
      if (time > 0n && await crypto.subtle.verify("Ed25519", key.public, signature.blob.slice(8), message)) return true;
    }
    return false;
  }

  const met = (group, names) =>
    group.of.filter((member) => typeof member === "string" ? names.has(member) : met(member, names)).length >= group.need;

  // shownIndex: null where the proof itself says which entry.
  async function check(entry, shownIndex, proofText, charter) {
    const proof = readProof(proofText), note = readNote(proof.note);
    if (shownIndex !== null && proof.index !== shownIndex) fail("other_entry");
    if (note.origin !== charter.log?.origin) fail("other_log");
    if (!same(await rootFrom(entry, proof.index, note.size, proof.hashes), note.root)) fail("root");
    const log = await key(charter.log.key, 1);
    const own = note.signatures.find((signature) => by(signature, log));
    if (!own || !await crypto.subtle.verify("Ed25519", log.public, own.blob, text.encode(note.body))) fail("unsigned");
    const names = new Set();
    for (const witness of charter.witnesses.keys) {
      const known = await key(witness.key, 4);
      if (await cosigned(note, known)) names.add(known.name);
    }
    if (!met(charter.witnesses.quorum, names)) fail("quorum");
    return { size: note.size, index: proof.index, names: [...names] };
  }

  const hex = (data) => [...data].map((b) => b.toString(16).padStart(2, "0")).join("");
  const unhex = (digits) => Uint8Array.from(digits.match(/../g) || [], (pair) => parseInt(pair, 16));

  // docs/spec/log.md: a record is one of a batch, whose root is the log's entry.
  async function checkRecord(record, salt, proofText, charter) {
    const proof = JSON.parse(proofText), full = 2 ** proof.hashes.length === proof.size;
    if (proof.what !== "rights" || !full || !(proof.index >= 0 && proof.index < proof.size)) fail("batch");
    let root = await sha256([0], await sha256(text.encode("rights\0"), salt, record)), index = proof.index;
    for (const each of proof.hashes) {
      root = index & 1 ? await sha256([1], unhex(each), root) : await sha256([1], root, unhex(each));
      index >>= 1;
    }
    const entry = `{"kind":"batch","root":"${hex(root)}","size":${proof.size},"what":"rights"}`;
    return check(text.encode(entry), null, proof.log_proof, charter);
  }

  async function get(path) {
    const answer = await fetch(path, { cache: "no-store" });
    if (!answer.ok) fail("not_given", path);
    return answer.text();
  }

  function readCharter(data) {
    try { return JSON.parse(data); } catch { return fail("charter"); }
  }

  function show(kind, head, sentence) {
    const box = document.createElement("div"), strong = document.createElement("b"), rest = document.createElement("p");
    box.className = "note" + (kind === "bad" ? " bad" : "");
    strong.className = kind; strong.textContent = head; rest.textContent = sentence;
    box.append(strong, rest);
    document.getElementById("result").replaceChildren(box);
  }

  document.getElementById("check").addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.currentTarget, [own] = document.getElementById("charter").files;
    if (!globalThis.crypto?.subtle) {
      show("warn", say("not"), say("no_crypto"));
      return;
    }
    try {
      const charter = readCharter(own ? await own.text() : await get("/v1/charter"));
      const { entry, index, record, salt, consent } = form.dataset;
      const found = consent
        ? await checkRecord(bytes(record), unhex(salt), await get(`/me/consents/${consent}`), charter)
        : await check(bytes(entry), index, await get(`/v1/leaves/${index}/proof`), charter);
      const values = { ...found, names: found.names.join(` ${say("and")} `) };
      show("good", say(consent ? "mine" : "good"), `${say(consent ? "mine_text" : "good_text", values)} ${say(own ? "own" : "shown")}`);
    } catch (error) {
      if (error.name === "NotSupportedError") show("warn", say("not"), say("no_ed25519"));
      else show("bad", say("bad"), `${say(words[error.message] ? error.message : "charter", { key: error.key })} ${say("bad_text")}`);
    }
  });
})();
