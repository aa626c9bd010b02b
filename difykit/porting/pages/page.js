"use strict";
// All text comes in by textContent: what a patch or a release says is never read as markup.
const data = JSON.parse(document.getElementById("data").textContent);
const panel = document.getElementById("panel");
const body = document.getElementById("panel-body");
const rows = [...document.querySelectorAll("tr[data-row]")];
const grid = rows.map((row) => [...row.querySelectorAll("button")]);
let open = null;

function make(tag, text, name) {
  const node = document.createElement(tag);
  if (text) node.textContent = text;
  if (name) node.className = name;
  return node;
}

function hunk(one) {
  const box = make("div", "", "hunk");
  const sides = [
    ["upstream", `the release has, from line ${one.line}`],
    ["base", "both began with"],
    ["yours", "yours"],
  ];
  for (const [side, title] of sides) {
    box.append(make("h4", title));
    const text = make("pre", one[side] || "(nothing)", side);
    text.tabIndex = 0;
    box.append(text);
  }
  return box;
}

function part(one) {
  const box = make("div", "", "part");
  if (one.what) box.append(make("h3", one.what));
  const count = one.count ? ` (${one.count} ${one.count === 1 ? "hunk" : "hunks"})` : "";
  const how = one.strategy ? ` beyond git, by ${one.strategy}` : "";
  box.append(make("p", one.state + count + how));
  if (one.note) box.append(make("p", one.note, "say"));
  for (const each of one.hunks) box.append(hunk(each));
  const more = one.count - one.hunks.length;
  if (one.hunks.length && more > 0) box.append(make("p", `and ${more} more hunks`, "say"));
  return box;
}

function show(button) {
  if (open) open.setAttribute("aria-expanded", "false");
  open = button;
  button.setAttribute("aria-expanded", "true");
  const [row, column] = place(button);
  const cell = data.details[data.cells[row][column]];
  const head = data.rows[row];
  document.getElementById("panel-title").textContent = head.label;
  const intro = [make("p", head.title), make("p", `on Dify ${data.releases[column]}: ${cell.words}`, "where")];
  if (head.why) intro.push(make("p", `Why: ${head.why}`, "where"));
  if (cell.after) intro.push(make("p", `It comes after a conflict of ${cell.after} in the same file.`, "where"));
  body.replaceChildren(...intro, ...cell.parts.map(part));
  panel.hidden = false;
  panel.scrollTop = 0;
}

function close() {
  if (!open) return;
  panel.hidden = true;
  open.setAttribute("aria-expanded", "false");
  open.focus();
  open = null;
}

function place(button) {
  const row = rows.indexOf(button.closest("tr"));
  return [row, grid[row].indexOf(button)];
}

function go(row, column, step) {
  while (grid[row] && rows[row].hidden && step) row += step;
  const next = grid[row] && grid[row][column];
  if (!next) return;
  for (const line of grid) for (const each of line) each.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
  next.scrollIntoView({ block: "nearest", inline: "nearest" });
}

document.querySelector("table.map").addEventListener("keydown", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const [row, column] = place(button);
  const moves = {
    ArrowUp: [row - 1, column, -1],
    ArrowDown: [row + 1, column, 1],
    ArrowLeft: [row, column - 1, 0],
    ArrowRight: [row, column + 1, 0],
    Home: [row, 0, 0],
    End: [row, grid[row].length - 1, 0],
  };
  if (!(event.key in moves)) return;
  event.preventDefault();
  go(...moves[event.key]);
});
document.querySelector("table.map").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  for (const line of grid) for (const each of line) each.tabIndex = -1;
  button.tabIndex = 0;
  show(button);
  document.getElementById("close").focus();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
});
document.getElementById("close").addEventListener("click", close);
document.getElementById("only").addEventListener("change", (event) => {
  for (const row of rows) row.hidden = event.target.checked && row.dataset.work === "0";
  const first = rows.findIndex((row) => !row.hidden);
  for (const line of grid) for (const each of line) each.tabIndex = -1;
  if (first >= 0) grid[first][0].tabIndex = 0;
});

// With releases older than the pin to its left, the page opens where the newer ones begin.
const pin = document.querySelector("thead th.pin");
const edge = document.querySelector("th.corner").getBoundingClientRect().right;
if (pin) document.querySelector(".frame").scrollLeft += pin.getBoundingClientRect().left - edge;
