"use strict";
// Opens pages in headless Chromium and prints one JSON document: what axe and the console said, and what was asked for.
//   node look.cjs CHROMIUM FOLDER_FOR_SCREENSHOTS PAGE...
const { readFileSync } = require("node:fs");
const { basename, join } = require("node:path");
const { pathToFileURL } = require("node:url");
const { chromium } = require("playwright-core");

const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const LOOKS = {
  desktop: { colorScheme: "light", viewport: { width: 1200, height: 900 } },
  dark: { colorScheme: "dark", viewport: { width: 1200, height: 900 } },
  tablet: { colorScheme: "light", viewport: { width: 768, height: 1024 } },
  phone: { colorScheme: "light", viewport: { width: 375, height: 667 }, isMobile: true, hasTouch: true },
  "phone-dark": { colorScheme: "dark", viewport: { width: 375, height: 667 }, isMobile: true, hasTouch: true },
  print: { colorScheme: "light", viewport: { width: 800, height: 1100 } },
};

async function look(browser, page, name, shots) {
  const context = await browser.newContext({ ...LOOKS[name], bypassCSP: true });
  const tab = await context.newPage();
  const said = [];
  tab.on("console", (message) => ["error", "warning"].includes(message.type()) && said.push(message.text()));
  tab.on("pageerror", (error) => said.push(String(error)));
  const requests = [];
  tab.on("request", (request) => requests.push(request.url()));
  await tab.goto(pathToFileURL(page).href);
  if (name === "print") {
    await tab.emulateMedia({ media: "print" });
    await tab.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  }
  const wide = await tab.evaluate((width) => document.documentElement.scrollWidth - width, LOOKS[name].viewport.width);
  if (shots) await tab.screenshot({ path: join(shots, `${basename(page, ".html")}-${name}.png`), fullPage: true });
  if (name !== "print") await tab.evaluate(() => document.querySelectorAll("details").forEach((each) => (each.open = true)));
  await tab.evaluate(AXE);
  const found = await tab.evaluate(() => axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  const axe = found.violations.map((each) => ({ id: each.id, help: each.help, where: each.nodes.slice(0, 3).map((node) => node.html) }));
  const map = await tab.evaluate(() => {
    const box = [...document.querySelectorAll(".scroll")].find((each) => each.querySelector(".map[data-map]"));
    if (!box || box.scrollWidth <= box.clientWidth) return null;
    box.scrollLeft = box.scrollWidth;
    const [name, last] = [box.querySelector("tbody th"), box.querySelector("tbody tr").lastElementChild].map((each) => each.getBoundingClientRect());
    const hint = document.querySelector(".hint");
    return { hint: Boolean(hint) && getComputedStyle(hint).display !== "none", name: name.left >= 0, last: last.right <= innerWidth + 1 };
  });
  await context.close();
  return { page: basename(page), look: name, console: said, requests: requests.length, axe, passes: found.passes.length, wide, map };
}

async function keys(browser, page) {
  const tab = await browser.newPage(); // with the page's own policy
  const said = [];
  tab.on("console", (message) => message.type() === "error" && said.push(message.text()));
  await tab.goto(pathToFileURL(page).href);
  const told = {};
  if (await tab.locator(".map[data-map] button").count()) {
    await tab.locator(".map[data-map] button").first().focus();
    told.first = await tab.locator("#detail").innerText();
    await tab.keyboard.press("ArrowRight");
    told.second = await tab.locator("#detail").innerText();
    told.lit = await tab.locator(".map .lit").count();
  }
  await tab.close();
  return { page: basename(page), look: "keys", console: said, ...told };
}

(async () => {
  const [executablePath, shots, ...pages] = process.argv.slice(2);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const results = [];
  for (const page of pages) {
    for (const name of Object.keys(LOOKS)) results.push(await look(browser, page, name, shots));
    results.push(await keys(browser, page));
  }
  await browser.close();
  console.log(JSON.stringify(results, null, 1));
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
