"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const detail = document.getElementById("detail");
  const clear = () => document.querySelectorAll(".map .lit").forEach((cell) => cell.classList.remove("lit"));
  const light = (map, attribute, value) => {
    clear();
    map.querySelectorAll("[" + attribute + '="' + value + '"]').forEach((cell) => cell.classList.add("lit"));
  };
  const show = (button) => {
    const map = button.closest("table");
    const entry = data[Number(map.dataset.map)];
    if (button.dataset.user !== undefined) {
      light(map, "data-row", button.dataset.user);
      detail.textContent = entry.users[Number(button.dataset.user)];
    } else {
      light(map, "data-column", button.dataset.color);
      detail.textContent = entry.colors[Number(button.dataset.color)];
    }
  };
  document.querySelectorAll(".map[data-map] button").forEach((button) => {
    for (const kind of ["focus", "mouseenter", "click"]) button.addEventListener(kind, () => show(button));
  });
  document.querySelectorAll(".map[data-map] td[data-row]").forEach((cell) => {
    cell.addEventListener("mouseenter", () => {
      const map = cell.closest("table");
      const entry = data[Number(map.dataset.map)];
      light(map, "data-column", cell.dataset.column);
      detail.textContent = entry.colors[Number(cell.dataset.column)] + "\n\n" + entry.users[Number(cell.dataset.row)];
    });
  });
  document.addEventListener("keydown", (event) => {
    const here = document.activeElement;
    if (!here || !here.closest || !here.closest(".map")) return;
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    if (!(event.key in steps)) return;
    const all = [...here.closest(".map").querySelectorAll("button")];
    const next = all[all.indexOf(here) + steps[event.key]];
    if (next) {
      next.focus();
      event.preventDefault();
    }
  });
  window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((each) => (each.open = true)));
})();
