// Checks, in the browser, that an entry is in the log: RFC 6962 inclusion, the log's signature, the witnesses' quorum.
// No library: SHA-256 and Ed25519 are the browser's own. Formats: C2SP tlog-proof, signed-note, tlog-cosignature.
"use strict";
(() => {
  const text = new TextEncoder();
  const bytes = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const same = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);
  const join = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
  const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", join(...parts)));
  const fail = (why) => { throw new Error(why); };

  // RFC 9162 2.1.3.2. BigInt: an index may be above 2^53.
  async function rootFrom(entry, index, size, hashes) {
    let fn = BigInt(index), sn = BigInt(size) - 1n, root = await sha256([0], entry);
    if (fn > sn) fail("the log has no entry of that number");
    for (const hash of hashes) {
      if (sn === 0n) fail("the proof has too many hashes");
      if (fn & 1n || fn === sn) {
        root = await sha256([1], hash, root);
        while (!(fn & 1n) && fn !== 0n) { fn >>= 1n; sn >>= 1n; }
      } else root = await sha256([1], root, hash);
      fn >>= 1n; sn >>= 1n;
    }
    if (sn !== 0n) fail("the proof has too few hashes");
    return root;
  }

  function readNote(note) {
    const end = note.indexOf("\n\n");
    if (end < 0) fail("the checkpoint can't be read");
    const body = note.slice(0, end + 1), [origin, size, root] = body.split("\n");
    const signatures = note.slice(end + 2).split("\n").filter(Boolean).map((line) => {
      const [, name, blob] = line.match(/^\u2014 (\S+) (\S+)$/) || fail("a signature of the checkpoint can't be read");
      return { name, id: bytes(blob).slice(0, 4), blob: bytes(blob).slice(4) };
    });
    if (!/^(0|[1-9][0-9]*)$/.test(size)) fail("the checkpoint's size can't be read");
    return { body, origin, size, root: bytes(root), signatures };
  }

  function readProof(proof) {
    const end = proof.indexOf("\n\n"), lines = proof.slice(0, end).split("\n");
    if (end < 0 || lines.shift() !== "c2sp.org/tlog-proof@v1") fail("the proof can't be read");
    if (lines[0].startsWith("extra ")) lines.shift();
    const index = (lines.shift().match(/^index (0|[1-9][0-9]*)$/) || fail("the proof can't be read"))[1];
    return { index, hashes: lines.map(bytes), note: proof.slice(end + 2) };
  }

  async function key(encoded, algorithm) {
    const [name, id, ...rest] = encoded.split("+"), raw = bytes(rest.join("+"));
    const known = (await sha256(text.encode(name + "\n"), raw)).slice(0, 4);
    if (raw.length !== 33 || raw[0] !== algorithm) fail(`the charter's key ${name} can't be read`);
    if ([...known].map((b) => b.toString(16).padStart(2, "0")).join("") !== id) fail(`the charter's key ${name} is damaged`);
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

  async function check(entry, shownIndex, proofText, charter) {
    const proof = readProof(proofText), note = readNote(proof.note);
    if (proof.index !== shownIndex) fail("the proof is of another entry");
    if (note.origin !== charter.log.origin) fail("the checkpoint is of another log");
    if (!same(await rootFrom(entry, proof.index, note.size, proof.hashes), note.root)) fail("the hashes do not lead to the checkpoint's root");
    const log = await key(charter.log.key, 1);
    const own = note.signatures.find((signature) => by(signature, log));
    if (!own || !await crypto.subtle.verify("Ed25519", log.public, own.blob, text.encode(note.body))) fail("the checkpoint is not signed by the log");
    const names = new Set();
    for (const witness of charter.witnesses.keys) {
      const known = await key(witness.key, 4);
      if (await cosigned(note, known)) names.add(known.name);
    }
    if (!met(charter.witnesses.quorum, names)) fail("too few witnesses have signed the checkpoint");
    return { size: note.size, names: [...names] };
  }

  async function get(path) {
    const answer = await fetch(path, { cache: "no-store" });
    if (!answer.ok) fail(`the server did not give ${path}`);
    return answer.text();
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
      show("warn", "Not checked.", "Browsers only compute this over https or on this very computer. Use the three commands.");
      return;
    }
    try {
      const charter = JSON.parse(own ? await own.text() : await get("/v1/charter"));
      const proof = await get(`/v1/leaves/${form.dataset.index}/proof`);
      const { size, names } = await check(bytes(form.dataset.entry), form.dataset.index, proof, charter);
      show("good", "It is in the log.", `This entry, hashed again here, leads to the root of the log of ${size} entries, signed by the log and by ${names.join(" and ")}.` + (own ? " Keys: from your own charter." : " Keys: from the charter that this server shows."));
    } catch (error) {
      if (error.name === "NotSupportedError") show("warn", "Not checked.", "This browser knows no Ed25519 signatures. Use the three commands.");
      else show("bad", "The check fails.", `${error.message}. Keep this page and ask your representatives.`);
    }
  });
})();
