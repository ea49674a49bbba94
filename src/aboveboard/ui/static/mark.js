// Puts the moment that a drawing stands at into the form that deletes a part of it. Without this script it is typed.
"use strict";
(() => {
  const marks = document.getElementById("marks"), clock = document.getElementById("clock");
  if (!marks || !clock) return;
  marks.hidden = false;
  for (const button of marks.querySelectorAll("[data-mark]")) {
    button.addEventListener("click", () => { document.getElementById(button.dataset.mark).value = clock.textContent; });
  }
})();
