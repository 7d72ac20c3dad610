// What a refresh must not disturb: a form that somebody types into, a fold that they opened, the focus.
// htmx asks for the page again when something changed (parts.html: live) and replaces its parts; here each replacement is looked
// at before it is made. Without this file, and without any script, everything works: a page is then as old as its last load.
"use strict";

(() => {
  const isTouched = (field) => {
    if (field.type === "hidden" || field.type === "submit") return false;
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.tagName === "SELECT") {
      const standard = Math.max(0, [...field.options].findIndex((one) => one.defaultSelected));
      return field.selectedIndex !== standard;
    }
    return field.value !== field.defaultValue;
  };

  // A refused form comes back with what was typed as its standard values: it is what somebody wrote all the same.
  const wasRefused = (part) =>
    [...part.querySelectorAll(".refused")].some(
      (why) => why.parentElement.querySelector("form :is(input:not([type=hidden]), textarea, select)") !== null,
    );

  const isInUse = (part) => {
    const active = document.activeElement;
    if (active && part.contains(active) && active.matches("input, textarea, select")) return true;
    if (wasRefused(part)) return true;
    return [...part.querySelectorAll("form input, form textarea, form select")].some(isTouched);
  };

  const keepFolds = (old, fresh) => {
    for (const fold of old.querySelectorAll("details[id]")) {
      const same = fresh.querySelector(`#${CSS.escape(fold.id)}`);
      if (same) same.open = fold.open;
    }
  };

  const reveal = (id) => {
    const notice = document.getElementById(id);
    if (notice) notice.hidden = false;
  };

  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    const fresh = fragment.querySelector(`#${CSS.escape(target.id)}`);
    if (!fresh) return;
    keepFolds(target, fresh);
    if (target.isEqualNode(fresh)) {
      event.detail.shouldSwap = false;
    } else if (isInUse(target)) {
      event.detail.shouldSwap = false;
      // Beside a refusal nothing is taken up until the page is loaded again, so whoever reads it is told.
      if (wasRefused(target) || target.dataset.shape !== fresh.dataset.shape) reveal("stale");
    }
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    // A session that has ended leads to the door: nothing of that page belongs here.
    if (new URL(event.detail.xhr.responseURL).pathname !== "/sign-in") return;
    event.detail.shouldSwap = false;
    if (isInUse(document.body)) reveal("signed-out");
    else window.location.reload();
  });
})();
