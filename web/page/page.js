// What the page does in the browser that Gradio has no part for. Each gr.HTML calls `acts` when it loads, and one of
// the others; nothing here fetches anything.
window.groundwire = (() => {
  let asked = null; // the citation that was clicked last, to go back to
  const spoken = new Set();

  // Buttons of our own HTML trigger events of its component, and carry their data.
  function acts(element, trigger) {
    element.addEventListener("click", (event) => {
      const act = event.target.closest("[data-event]");
      if (!act || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      if (act.matches(".cite, .near, .open")) asked = act;
      if (act.dataset.event === "apply" && !act.closest("#found")) emptySearch();
      const { focus, event: kind } = act.dataset;
      focusOn(focus ?? { edit: "#question textarea", undo: "#correction textarea" }[kind]);
      trigger(act.dataset.event, { ...act.dataset });
    });
  }

  // The address names the open conversation, so that a reload or a kept link opens it again.
  function conversation(element, watch) {
    setTimeout(begin);
    element.addEventListener("click", (event) => {
      const button = event.target.closest("[data-copy]");
      if (button) copy(button);
    });
    watch("value", () => {
      const turns = element.querySelector("[data-conversation]");
      if (!turns) return;
      const url = new URL(location.href);
      if ((url.searchParams.get("conversation") || "") !== turns.dataset.conversation) {
        if (turns.dataset.conversation) url.searchParams.set("conversation", turns.dataset.conversation);
        else url.searchParams.delete("conversation");
        history.replaceState(null, "", url);
      }
      const last = turns.querySelector(".turn:last-child");
      if (last) last.scrollIntoView({ block: "nearest" });
    });
  }

  // What is being done and each proved sentence are said once to a screen reader, as they come.
  function running(element, watch) {
    const log = document.createElement("div");
    log.className = "sr";
    log.setAttribute("role", "log");
    log.setAttribute("aria-live", "polite");
    element.after(log);
    const say = (words) => {
      if (!words || spoken.has(words)) return;
      spoken.add(words);
      log.append(Object.assign(document.createElement("p"), { textContent: words }));
    };
    watch("value", () => {
      const turn = element.querySelector(".turn");
      if (!turn) {
        spoken.clear();
        return;
      }
      if (!spoken.size) log.replaceChildren();
      say(turn.querySelector(".doing")?.dataset.doing);
      turn.querySelectorAll(".found, .sentence, .sides").forEach((part) => say(part.textContent.trim()));
      turn.scrollIntoView({ block: "nearest" });
    });
  }

  // The quote that was asked for stands in the middle of the article, and has the focus.
  function reader(element, watch) {
    const back = () => {
      if (!asked) return;
      const { turn, number, hit } = asked.dataset;
      const same = hit && !turn ? `.open[data-hit="${hit}"]` : `.cite[data-turn="${turn}"][data-number="${number}"]`;
      const target = asked.isConnected ? asked : document.querySelector(same);
      target?.scrollIntoView({ block: "nearest" });
      target?.focus();
    };
    element.addEventListener("click", (event) => event.target.closest("[data-back]") && back());
    element.addEventListener("keydown", (event) => event.key === "Escape" && back());
    watch("value", () => {
      const article = element.querySelector(".article");
      const quote = element.querySelector("mark.current") ?? article;
      const frame = quote?.closest(".text");
      if (!quote || !asked) return;
      if (frame) {
        const from = quote.getBoundingClientRect().top - frame.getBoundingClientRect().top;
        frame.scrollTop += from - frame.clientHeight / 3;
      }
      const out = () => {
        const { top, bottom } = quote.getBoundingClientRect();
        return top < 0 || Math.min(bottom, top + innerHeight / 3) > innerHeight;
      };
      if (out()) element.scrollIntoView({ block: "start" });
      if (out()) quote.scrollIntoView({ block: "start" }); // under a headline that fills a phone
      quote.focus({ preventScroll: true });
    });
  }

  // What is counted is said to a screen reader by a part that stays: one that is drawn anew is often not heard.
  function counted(element, watch) {
    const told = document.createElement("div");
    told.className = "sr";
    told.setAttribute("role", "status");
    element.after(told);
    watch("value", () => {
      told.textContent = element.querySelector("[data-told]")?.textContent.replace(/\s+/g, " ").trim() ?? "";
    });
  }

  // Words are searched while they are typed, a moment after the last letter; numbered, for two answers may cross.
  function seek(element, trigger) {
    let waiting;
    let number = 0;
    const look = () => {
      clearTimeout(waiting);
      const { words, sort } = element.querySelector("form").elements;
      trigger("input", { words: words.value, sort: sort.value, number: ++number });
    };
    element.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(look, 200);
    });
    element.addEventListener("submit", (event) => {
      event.preventDefault();
      look();
    });
  }

  function emptySearch() {
    document.querySelector("#seek form")?.reset();
  }

  // What is written from right to left is typed from the right: Gradio says "ltr" of all its boxes.
  for (const kind of ["focusin", "input"]) {
    document.addEventListener(kind, ({ target }) => {
      if (target.matches("textarea, input:is([type=text], [type=search])")) target.dir = "auto";
    });
  }

  // What a button opens elsewhere on the page has the focus as soon as it is there.
  function focusOn(selector, tries = 20) {
    const field = selector && document.querySelector(selector);
    if (field && field.offsetParent) {
      field.scrollIntoView({ block: "center" });
      field.focus();
    } else if (selector && tries) {
      setTimeout(() => focusOn(selector, tries - 1), 100);
    }
  }

  // On a phone the list of conversations would cover the page, when it is opened and once something is chosen.
  const CHOICES = { click: "#new, #conversations a", mousedown: "#archive [role=option]" };
  for (const [kind, choice] of Object.entries(CHOICES)) {
    document.addEventListener(kind, (event) => event.target.closest?.(choice) && setTimeout(begin, 100));
  }
  function begin() {
    const list = innerWidth < 768 && document.querySelector(".sidebar.open .toggle-button");
    if (list) list.click();
  }

  async function copy(button) {
    const kind = button.dataset.copy;
    const words = button.closest(".acts").querySelector(`[data-copied="${kind}"]`).value;
    const label = button.textContent;
    let done = true;
    try {
      if (kind === "html") {
        const blob = (type, text) => new Blob([text], { type });
        const parts = { "text/html": blob("text/html", words), "text/plain": blob("text/plain", words) };
        await navigator.clipboard.write([new ClipboardItem(parts)]);
      } else {
        await navigator.clipboard.writeText(words);
      }
    } catch {
      done = copyAsBefore(kind, words); // over plain HTTP from another machine there is no clipboard object
    }
    const turns = button.closest("[data-conversation]");
    button.textContent = done ? turns.dataset.copied : turns.dataset.refused;
    setTimeout(() => (button.textContent = label), 1500);
  }

  function copyAsBefore(kind, words) {
    const put = (event) => {
      event.clipboardData.setData(kind === "html" ? "text/html" : "text/plain", words);
      event.preventDefault();
    };
    document.addEventListener("copy", put);
    try {
      return document.execCommand("copy");
    } finally {
      document.removeEventListener("copy", put);
    }
  }

  return { acts, conversation, counted, running, reader, seek };
})();
