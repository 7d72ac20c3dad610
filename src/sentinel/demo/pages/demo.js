// Keeps the page fresh without loading it anew: fetches it each second and takes over the parts that have changed.
"use strict";
const EVERY = 1000;

function keptFocus(part) {
  const held = document.activeElement;
  return held && part.contains(held) ? { name: held.name, value: held.value, tag: held.tagName } : null;
}

function take(part, fresh) {
  if (part.innerHTML === fresh.innerHTML && part.className === fresh.className) return;
  const focus = keptFocus(part);
  part.className = fresh.className;
  part.replaceChildren(...fresh.childNodes);
  if (!focus) return;
  const again = [...part.querySelectorAll("button, a, [tabindex]")].find(
    (each) => each.tagName === focus.tag && each.name === focus.name && each.value === focus.value);
  if (again) again.focus({ preventScroll: true });
}

async function look() {
  const answer = await fetch("/", { cache: "no-store" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(part.id);
    if (fresh) take(part, fresh);
  }
}

async function keepLooking() {
  try {
    if (!document.hidden) await look();
    document.body.classList.remove("lost");
  } catch {
    document.body.classList.add("lost");
  }
  setTimeout(keepLooking, EVERY);
}

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const body = new URLSearchParams(new FormData(form, event.submitter));
  try {
    await fetch(form.action, { method: "POST", body });
    await look();
  } catch {
    document.body.classList.add("lost");
  }
});

setTimeout(keepLooking, EVERY);
