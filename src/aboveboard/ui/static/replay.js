// Draws a stretch of one's own recording: windows and controls as boxes, the pointer's path, clicks, keys and text as
// they were stored. Everything comes from this laptop; nothing is sent. Without this script the page says it in words.
"use strict";
(() => {
  const TRAIL_MS = 1500, CLICK_MS = 700, CROP_MS = 2000, IDLE_MS = 3000, LEAD_MS = 700; // where nothing happened is skipped
  const byId = (id) => document.getElementById(id);
  const box = byId("replay");
  if (!box) return;
  const canvas = byId("screen"), brush = canvas.getContext("2d"), slider = byId("at"), button = byId("play");

  function colours() {
    const style = getComputedStyle(document.documentElement), read = (name) => style.getPropertyValue(name).trim();
    return { ink: read("--ink"), soft: read("--soft"), line: read("--line"), paper: read("--paper"), wash: read("--wash"),
      accent: read("--accent"), warn: read("--warn"), font: getComputedStyle(document.body).fontFamily };
  }

  // All samples of the pointer in one row, so that a moment is found by halving.
  function pointerOf(events) {
    const ts = [], xs = [], ys = [];
    const add = (t, x, y) => { ts.push(t); xs.push(x); ys.push(y); };
    for (const e of events) {
      if (e.k === "path") e.ts.forEach((t, i) => add(t, e.xs[i], e.ys[i]));
      else if ("x" in e) add(e.t, e.x, e.y);
    }
    const order = ts.map((_, i) => i).sort((a, b) => ts[a] - ts[b]);
    return { ts: order.map((i) => ts[i]), xs: order.map((i) => xs[i]), ys: order.map((i) => ys[i]) };
  }

  function until(ts, t) {
    let low = 0, high = ts.length;
    while (low < high) { const middle = (low + high) >> 1; if (ts[middle] <= t) low = middle + 1; else high = middle; }
    return low;
  }

  function words(e) {
    const at = e.element ? ` ${e.element.name || e.element.role}` : "";
    if (e.k === "text") return `${e.text}${at ? "  →" + at : ""}`;
    if (e.k === "key") return `${e.keys}${at ? "  →" + at : ""}`;
    if (e.k === "press") return at.trim();
    if (e.k === "focus") return [e.app, e.site, e.title].filter(Boolean).join("  ·  ");
    return e.k === "task" ? e.description : "";
  }

  function start(told) {
    const [width, height] = told.size, events = told.events, pictures = told.pictures || [], pointer = pointerOf(events);
    const focuses = events.filter((e) => e.k === "focus"), scenes = events.filter((e) => e.k === "scene");
    const clicks = events.filter((e) => e.k === "press"), spoken = events.filter((e) => words(e));
    const rows = [...document.querySelectorAll(".told li[data-t]")], times = rows.map((row) => Number(row.dataset.t));
    const moments = [...pointer.ts, ...events.map((e) => e.t)].sort((a, b) => a - b);
    let now = 0, playing = false, last = 0, marked = null;

    function rectangle([x, y, w, h], stroke, fill, thick) {
      if (fill) { brush.fillStyle = fill; brush.fillRect(x, y, w, h); }
      brush.lineWidth = thick; brush.strokeStyle = stroke; brush.strokeRect(x, y, w, h);
    }

    // Text is cut to its box: it is what was stored, placeholders and all, and never code.
    function label(text, x, y, w, size, colour) {
      if (!text || w < size) return;
      brush.save(); brush.beginPath(); brush.rect(x, y, w, size * 1.5); brush.clip();
      brush.font = `${size}px ${look.font}`; brush.textBaseline = "top";
      if (pictures.length) { // it has to be read on whatever is in the picture
        brush.globalAlpha = 0.8; brush.fillStyle = look.paper;
        brush.fillRect(x, y, brush.measureText(text).width + size * 0.6, size * 1.5); brush.globalAlpha = 1;
      }
      brush.fillStyle = colour;
      brush.fillText(text, x + size * 0.3, y + size * 0.2); brush.restore();
    }

    // A picture is fetched when the drawing first needs it; the next ones while it is looked at.
    function paint(e) {
      if (!e.image) { e.image = new Image(); e.image.addEventListener("load", draw); e.image.src = e.src; }
      if (e.image.complete && e.image.naturalWidth) brush.drawImage(e.image, ...e.box);
    }

    let look = colours();
    function draw() {
      const wide = canvas.clientWidth || 960, ratio = window.devicePixelRatio || 1, scale = wide / width;
      canvas.width = wide * ratio; canvas.height = height * scale * ratio;
      brush.setTransform(scale * ratio, 0, 0, scale * ratio, 0, 0);
      const one = 1 / scale;
      brush.fillStyle = look.wash; brush.fillRect(0, 0, width, height);
      for (const kind of ["frame", "crop"]) {
        const shown = pictures.filter((e) => e.k === kind && e.t <= now).at(-1);
        if (shown && (kind === "frame" || now - shown.t < CROP_MS)) paint(shown);
      }
      const front = focuses.filter((e) => e.t <= now).at(-1), scene = scenes.filter((e) => e.t <= now).at(-1);
      if (front) {
        rectangle(front.box, look.soft, pictures.length ? "" : look.paper, one);
        label(words(front), front.box[0], Math.max(0, front.box[1] - 18 * one), front.box[2], 12 * one, look.soft);
      }
      if (scene && (!front || scene.t >= front.t)) for (const e of scene.elements) {
        rectangle(e.box, look.line, "", one);
        label(e.name, e.box[0], e.box[1], e.box[2], Math.min(12 * one, Math.max(8 * one, e.box[3] * 0.6)), look.soft);
      }
      const end = until(pointer.ts, now), from = until(pointer.ts, now - TRAIL_MS);
      brush.lineWidth = 2.5 * one; brush.strokeStyle = look.accent; brush.lineJoin = "round"; brush.beginPath();
      for (let i = from; i < end; i++) brush.lineTo(pointer.xs[i], pointer.ys[i]);
      brush.stroke();
      for (const e of clicks) {
        const age = now - e.t;
        if (age < 0 || age > CLICK_MS) continue;
        if (e.element) {
          rectangle(e.element.box, look.accent, "", 3 * one);
          label(e.element.name, e.element.box[0], e.element.box[1] + e.element.box[3], 400 * one, 14 * one, look.ink);
        }
        brush.beginPath(); brush.lineWidth = 3 * one; brush.strokeStyle = look.warn;
        brush.arc(e.x, e.y, (8 + 22 * age / CLICK_MS) * one, 0, 7); brush.stroke();
      }
      if (end) {
        const x = pointer.xs[end - 1], y = pointer.ys[end - 1];
        brush.beginPath(); brush.moveTo(x, y); brush.lineTo(x, y + 18 * one); brush.lineTo(x + 5 * one, y + 13 * one);
        brush.lineTo(x + 12 * one, y + 13 * one); brush.closePath();
        brush.fillStyle = look.ink; brush.fill(); brush.strokeStyle = look.paper; brush.lineWidth = 1.5 * one; brush.stroke();
      }
      const said = spoken.filter((e) => e.t <= now).at(-1);
      byId("caption").textContent = said ? words(said) : " ";
      byId("clock").textContent = `${Math.floor(now / 60000)}:${String(Math.floor(now / 1000) % 60).padStart(2, "0")}`;
      slider.setAttribute("aria-valuetext", byId("clock").textContent);
      const row = rows[until(times, now) - 1] || null;
      if (row !== marked) { marked?.classList.remove("current"); row?.classList.add("current"); marked = row; }
    }

    function seek(t) { now = Math.min(Math.max(0, t), told.length); slider.value = String(now); draw(); }
    function step(at) {
      if (!playing) return;
      const next = moments[until(moments, now)];
      if (next > now + IDLE_MS) now = next - LEAD_MS;
      seek(now + (last ? (at - last) * Number(byId("speed").value) : 0)); last = at;
      if (now >= told.length) play(false); else requestAnimationFrame(step);
    }
    function play(on) {
      if (on && now >= told.length) seek(0);
      playing = on; last = 0; button.textContent = on ? box.dataset.stop : box.dataset.play;
      if (on) requestAnimationFrame(step);
    }

    slider.max = String(Math.max(1, told.length)); slider.step = "100";
    slider.addEventListener("input", () => { play(false); now = Number(slider.value); draw(); });
    button.addEventListener("click", () => play(!playing));
    window.addEventListener("resize", draw);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { look = colours(); draw(); });
    for (const row of rows) row.addEventListener("click", () => { play(false); seek(Number(row.dataset.t)); });
    box.hidden = false;
    seek(Math.max(0, Math.min(pointer.ts[0] ?? 0, told.length)));
    box.dataset.ready = "yes";
  }

  fetch(box.dataset.url, { cache: "no-store" }).then((answer) => answer.json()).then(start).catch(() => {
    const note = document.createElement("p");
    note.className = "note bad"; note.textContent = box.dataset.broken;
    box.before(note);
  });
})();
