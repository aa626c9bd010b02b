"use strict";
(() => {
  const picture = document.querySelector("svg.topo");
  const services = [...picture.querySelectorAll(".svc")];
  const wires = [...picture.querySelectorAll(".wire[data-to]")];
  const cards = [...document.querySelectorAll("[data-card]")];
  let kept = "";
  const show = (name) => {
    picture.classList.toggle("dim", Boolean(name));
    const near = new Set([name]);
    for (const wire of wires) {
      const from = JSON.parse(wire.dataset.from);
      const on = wire.dataset.to === name || from.includes(name);
      wire.classList.toggle("on", on);
      for (const branch of wire.querySelectorAll("[data-of]")) {
        branch.classList.toggle("off", on && wire.dataset.to !== name && branch.dataset.of !== name);
      }
      if (wire.dataset.to === name) from.forEach((one) => near.add(one));
      else if (on) near.add(wire.dataset.to);
    }
    for (const one of services) one.classList.toggle("on", near.has(one.dataset.name));
    for (const one of cards) one.classList.toggle("on", one.dataset.card === name);
  };
  const keep = (name) => {
    kept = kept === name ? "" : name;
    show(kept);
  };
  for (const one of services) {
    const name = one.dataset.name;
    one.addEventListener("pointerenter", () => show(name));
    one.addEventListener("pointerleave", () => show(kept));
    one.addEventListener("focus", () => show(name));
    one.addEventListener("blur", () => show(kept));
    one.addEventListener("click", () => keep(name));
    one.addEventListener("keydown", (event) => {
      if (event.key === "Enter") keep(name);
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      kept = "";
      show("");
    }
  });
})();
