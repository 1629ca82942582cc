// Lets an open page follow what happens: it asks again with the tag of what it has, and changes in place only what is different.
// Focus, place, opened details and what is typed stay. Without this script the page says when it was made, and can be loaded again.
"use strict";

(() => {
  const live = document.querySelector("[data-live]");
  if (!live || !window.fetch) return;

  const seconds = (name) => Number(live.dataset[name]) * 1000;
  const silent = document.getElementById("silent");
  const said = document.getElementById("said");
  const heard = document.getElementById("heard");
  const dutch = document.documentElement.lang === "nl";
  const digits = new Intl.DateTimeFormat("nl", { timeStyle: "medium", timeZone: "Europe/Amsterdam" });
  const clock = (at) => dutch ? `${digits.format(at).replaceAll(":", ".")} uur` : digits.format(at);
  const QUIET_FOR = 8000;
  let tag = null, heardAt = new Date(), waiting = null, asking = false;

  // --- what is shown -----------------------------------------------------------------------------------------------------

  const put = (element, words) => { if (element && element.textContent !== words) element.textContent = words; };

  function wellHeard() {
    heardAt = new Date();
    put(heard, heard?.dataset.heard.replace("{at}", clock(heardAt)));
    if (silent && !silent.hidden) { silent.hidden = true; put(silent, ""); }
  }

  function notHeard(words) {
    if (!silent || !silent.hidden) return;
    silent.hidden = false;
    put(silent, words.replace("{at}", clock(heardAt)));
  }

  // A person's own state is not the server's to change: what they opened stays open, what they type stays typed.
  const ownState = (element, name) => (element.tagName === "DETAILS" && name === "open");
  const alike = (one, other) =>
    one.nodeType === other.nodeType && one.nodeName === other.nodeName && (one.id || "") === (other.id || "");

  function same(here, there) {
    if (here.nodeType !== Node.ELEMENT_NODE) {
      if (here.nodeValue !== there.nodeValue) here.nodeValue = there.nodeValue;
      return;
    }
    if (here.tagName === "FORM") return;
    for (const { name } of [...here.attributes]) {
      if (!there.hasAttribute(name) && !ownState(here, name)) here.removeAttribute(name);
    }
    for (const { name, value } of there.attributes) {
      if (here.getAttribute(name) !== value && !ownState(here, name)) here.setAttribute(name, value);
    }
    const before = [...here.childNodes], after = [...there.childNodes];
    let at = 0;
    for (const next of after) {
      let found = at;
      // What carries an id is looked for further on, so that what came in between moves nothing else.
      while (found < before.length && !alike(before[found], next)) found += 1;
      const wanted = found < before.length && (found === at || next.id) ? before[found] : null;
      if (wanted) {
        for (; at < found; at += 1) before[at].remove();
        same(wanted, next);
        at += 1;
      } else {
        here.insertBefore(document.importNode(next, true), before[at] ?? null);
      }
    }
    for (; at < before.length; at += 1) before[at].remove();
  }

  function change(text) {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    const there = fresh.getElementById(live.id);
    if (!there) return;
    if (look(fresh) !== look(document)) { location.reload(); return; }
    const former = document.getElementById("sentence")?.textContent;
    same(live, there);
    const known = fresh.getElementById("known");
    if (known) put(document.getElementById("known"), known.textContent);
    document.title = fresh.title;
    const sentence = document.getElementById("sentence")?.textContent;
    if (sentence && sentence !== former) put(said, sentence);
  }

  // Another sheet or script: the service was replaced by a newer one, which this page cannot follow.
  // What the browser's own extensions put into the page is not ours.
  const look = (page) => [...page.querySelectorAll("link[rel=stylesheet], script[src]")]
    .map((one) => one.getAttribute("href") ?? one.getAttribute("src"))
    .filter((address) => /^[/](static[/]|look[.]css)/.test(address)).join(" ");

  // --- asking again ------------------------------------------------------------------------------------------------------

  async function ask() {
    if (asking) return;
    asking = true;
    const stop = new AbortController();
    const late = setTimeout(() => stop.abort(), QUIET_FOR);
    try {
      const headers = { "Piket-Again": "1" };
      if (tag) headers["If-None-Match"] = tag;
      const answer = await fetch(location.href, { headers, cache: tag ? "no-store" : "no-cache", signal: stop.signal });
      if (answer.status === 304) wellHeard();
      else if (answer.redirected) { notHeard(silent.dataset.signedOut); return; }
      else if (answer.ok) {
        const text = await answer.text();
        if (answer.headers.get("ETag") !== tag) change(text);
        tag = answer.headers.get("ETag");
        wellHeard();
      } else throw new Error(String(answer.status));
    } catch {
      if (new Date() - heardAt >= QUIET_FOR) notHeard(silent.dataset.silent);
    } finally {
      clearTimeout(late);
      asking = false;
    }
    again();
  }

  function again() {
    clearTimeout(waiting);
    // Each page a little differently, so that many of them do not ask at the same moment.
    const pause = document.hidden ? seconds("slow") : seconds("every") * (0.85 + 0.3 * Math.random());
    waiting = setTimeout(ask, pause);
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
  window.addEventListener("online", ask);
  again();
})();
