"use strict";
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const story = JSON.parse($("#story").textContent);

  const help = $("#help");
  const toggleHelp = () => {
    help.hidden = !help.hidden;
    $("#help-button").setAttribute("aria-expanded", String(!help.hidden));
  };
  $("#help-button").addEventListener("click", toggleHelp);

  if (!story.steps) return;
  const last = story.steps.length;

  // ---- the values of every part in every state: the initial ones, and what each step changed
  const position = new Map(story.paths.map((path, number) => [path, number]));
  const states = [story.initial];
  for (const step of story.steps) {
    const values = states[states.length - 1].slice();
    for (const [path, value] of step.changes) values[position.get(path)] = value;
    states.push(values);
  }

  let now = last;
  let chosen = null;
  let lane = "";

  const cells = new Map();
  for (const cell of $$(".picture [data-state]")) {
    const key = Number(cell.dataset.state);
    if (!cells.has(key)) cells.set(key, []);
    if (cell.tagName !== "BUTTON") cells.get(key).push(cell);
  }
  const buttons = $$("button.state");
  const items = $$(".steps > li");
  const lines = new Map();
  for (const source of $$(".source")) {
    lines.set(source.dataset.file, { box: source, lines: $$(".line", source) });
  }

  const element = (name, text, className) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  };

  const mark = (extent, className) => {
    const source = extent && lines.get(extent[0]);
    if (!source) return null;
    for (let line = extent[1]; line <= extent[2]; line += 1) source.lines[line - 1]?.classList.add(className);
    return source.lines[extent[1] - 1];
  };

  const showSource = () => {
    const marks = ["fired", "guard", "not-so", "stops", "formula", "fault"];
    for (const marked of $$(marks.map((name) => `.line.${name}`).join(", "))) marked.classList.remove(...marks);
    const step = story.steps[now - 1];
    let first = null;
    if (step) {
      for (const [file, numbers] of step.lines) for (const number of numbers) mark([file, number, number], "fired");
      for (const [file, number, , truth] of step.conditions) mark([file, number, number], truth ? "guard" : "not-so");
      first = step.at && mark([step.at[0], step.at[1], step.at[1]], "fired");
    }
    const ends = now === last ? mark(story.fault, "fault") || mark(story.formula, "formula") : null;
    if (story.fault && ends) $("code", ends).dataset.fault = story.fault[3];
    const target = (story.fault && ends) || first || ends;
    if (!target) return;
    const box = target.closest(".source");
    box.open = true;
    const code = target.closest(".code");
    code.scrollTop = target.offsetTop - code.offsetTop - 60;
  };

  const text = (reason) => {
    const bound = reason.bindings.map(([name, value]) => `${name} = ${value}`).join(", ");
    const values = reason.values.map(([name, value]) => `${name} = ${value}`).join(", ");
    return [reason.text && `${reason.text} is ${reason.truth ? "TRUE" : "FALSE"}`, bound && `with ${bound}`, values && `where ${values}`].filter(Boolean).join(", ");
  };

  const showBlocked = () => {
    const list = $("#blocked");
    const isWithin = list.contains(document.activeElement);
    const found = (story.blocked[now] || []).map((number) => story.blockings[number]).filter((one) => lane === "" || one.lane === Number(lane));
    list.replaceChildren(...found.map((one) => {
      const item = element("li");
      const args = one.arguments.map(([name, value]) => `${name} = ${value}`).join(", ");
      item.append(element("b", `${story.lanes[one.lane]}: ${one.action}${args && ` (${args})`}`), ": ");
      item.append(one.reasons.length ? one.reasons.map(text).filter(Boolean).join("; ") || "its guard is FALSE" : "there is nothing to choose from");
      if (one.guard) {
        const [file, line] = one.guard;
        const elsewhere = file === $(".source").dataset.file ? "" : ` of ${file.split("/").at(-1)}`;
        const show = element("button", `line ${line}${elsewhere}`);
        show.type = "button";
        show.addEventListener("click", () => {
          const target = mark(one.guard, "stops");
          if (target) { target.closest(".source").open = true; target.scrollIntoView({ block: "nearest" }); }
        });
        item.append(" ", show);
      }
      return item;
    }));
    for (const [who, number] of story.unsaid[now] || []) {
      if (lane === "" || who === Number(lane)) list.append(element("li", `${story.lanes[who]}: ${number} more choice${number === 1 ? " is" : "s are"} not possible`));
    }
    if (!found.length) list.append(element("li", "Nothing here is kept from happening."));
    if (isWithin) $("#process").focus(); // what had the keys is gone
  };

  // Whoever has no mouse chooses a part of the state by a button; without scripts there is nothing to choose.
  const chooser = (path) => {
    const button = element("button", undefined, "path");
    button.type = "button";
    button.title = "n and p go to where this changes";
    button.append(path);
    return button;
  };
  for (const name of $$(".steps .values tr[data-path] > th")) name.append(chooser(name.firstElementChild));

  const showWhole = () => {
    const whole = $("#whole");
    const focused = whole.contains(document.activeElement) ? document.activeElement.closest("tr")?.dataset.path : undefined;
    const full = $("#full").checked;
    whole.hidden = !full;
    $(".steps").hidden = full;
    if (!full) return;
    const table = element("table", undefined, "values");
    const head = table.createTHead().insertRow();
    for (const title of ["part of the state", `value in state ${now}`]) {
      const cell = element("th", title);
      cell.scope = "col";
      head.append(cell);
    }
    const body = table.createTBody();
    states[now].forEach((value, number) => {
      const row = body.insertRow();
      row.dataset.path = story.paths[number];
      const name = element("th");
      name.scope = "row";
      name.append(chooser(element("code", story.paths[number])));
      const cell = element("td");
      const changed = now > 0 && states[now - 1][number] !== value;
      cell.append(element("code", value));
      if (changed) cell.append(" ← ", element("code", states[now - 1][number]));
      row.append(name, cell);
    });
    whole.replaceChildren(table);
    if (focused !== undefined) $(`tr[data-path="${CSS.escape(focused)}"] button`, whole)?.focus();
  };

  const showChosen = () => {
    for (const row of $$(".values tr[data-path]")) row.classList.toggle("chosen", row.dataset.path === chosen);
  };

  const address = () => {
    const parts = new URLSearchParams();
    parts.set("step", String(now));
    if (chosen) parts.set("var", chosen);
    if (lane !== "") parts.set("proc", story.lanes[Number(lane)]);
    return `#${parts}`;
  };

  const describe = () => {
    const step = story.steps[now - 1];
    const value = chosen === null ? "" : `. Chosen: ${chosen} = ${states[now][position.get(chosen)]}`;
    return (step ? `State ${now} of ${last}: ${story.lanes[step.lane]} did ${step.action}${step.arguments.map(([name, value]) => `, ${name} = ${value}`).join("")}` : `State 0 of ${last}: the initial state`) + value;
  };

  const show = ({ remember = true } = {}) => {
    for (const marked of $$(".picture .now")) marked.classList.remove("now");
    for (const cell of cells.get(now) || []) cell.classList.add("now");
    buttons.forEach((button, number) => { button.tabIndex = number === now ? 0 : -1; button.setAttribute("aria-current", number === now ? "step" : "false"); });
    items.forEach((item, number) => item.classList.toggle("current", number === now || (number > last && now === last)));
    $("#live").textContent = describe();
    showWhole();
    showChosen();
    showSource();
    showBlocked();
    const head = buttons[now]?.closest("th");
    const scroll = $(".scroll");
    if (head && scroll) {
      const from = head.offsetLeft - 160, to = head.offsetLeft + head.offsetWidth;
      if (from < scroll.scrollLeft) scroll.scrollLeft = Math.max(0, from);
      else if (to > scroll.scrollLeft + scroll.clientWidth) scroll.scrollLeft = to - scroll.clientWidth;
    }
    if (remember) history.replaceState(null, "", address());
  };

  const go = (state) => { now = Math.min(last, Math.max(0, state)); show(); };

  const goToChange = (direction) => {
    const number = position.get(chosen);
    if (number === undefined) return;
    for (let state = now + direction; state >= 1 && state <= last; state += direction) {
      if (states[state][number] !== states[state - 1][number]) { go(state); return; }
    }
  };

  const restore = () => {
    const parts = new URLSearchParams(location.hash.slice(1));
    const step = Number(parts.get("step"));
    now = parts.has("step") && Number.isInteger(step) ? Math.min(last, Math.max(0, step)) : last;
    chosen = position.has(parts.get("var")) ? parts.get("var") : null;
    const number = story.lanes.indexOf(parts.get("proc"));
    lane = number < 0 ? "" : String(number);
    $("#process").value = lane;
    show({ remember: false });
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.state");
    if (button) { go(Number(button.dataset.state)); return; }
    const row = event.target.closest(".values tr[data-path]");
    if (row) { chosen = chosen === row.dataset.path ? null : row.dataset.path; show(); return; }
    const cell = event.target.closest(".picture td[data-state]");
    if (cell) { go(Number(cell.dataset.state)); return; }
    const line = event.target.closest(".line");
    if (line) goToLine(line);
  });

  const goToLine = (line) => {
    const file = line.closest(".source").dataset.file, number = Number(line.dataset.line);
    const executed = story.steps.flatMap((step, index) => (step.lines.some(([name, numbers]) => name === file && numbers.includes(number)) ? [index + 1] : []));
    const after = executed.find((state) => state > now) ?? executed[0];
    if (after !== undefined) go(after);
    $("#live").textContent = executed.length ? `Line ${number} is part of step${executed.length > 1 ? "s" : ""} ${executed.join(", ")}` : `No step of this run goes through line ${number}`;
  };

  // In the source, arrows move a line that Enter goes to.
  let cursor = null;
  const moveCursor = (code, direction) => {
    const all = $$(".line", code);
    const from = cursor && code.contains(cursor) ? all.indexOf(cursor) : Math.max(-1, all.indexOf($(".line.fired", code)) - direction);
    cursor?.classList.remove("cursor");
    cursor = all[Math.min(all.length - 1, Math.max(0, from + direction))];
    cursor.classList.add("cursor");
    cursor.scrollIntoView({ block: "nearest" });
    $("#live").textContent = `Line ${cursor.dataset.line}: ${$("code", cursor).textContent.trim()}`;
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("select, input[type=text], textarea")) return;
    const inCode = event.target.closest(".code");
    if (inCode && ["ArrowDown", "ArrowUp"].includes(event.key)) { event.preventDefault(); moveCursor(inCode, event.key === "ArrowDown" ? 1 : -1); return; }
    if (inCode && event.key === "Enter" && cursor && inCode.contains(cursor)) { goToLine(cursor); return; }
    const actions = {
      ArrowRight: () => go(now + 1), k: () => go(now + 1), ArrowLeft: () => go(now - 1), j: () => go(now - 1),
      Home: () => go(0), End: () => go(last), n: () => goToChange(1), p: () => goToChange(-1),
      d: () => { $("#full").checked = !$("#full").checked; show(); }, "?": toggleHelp,
    };
    const action = actions[event.key];
    if (!action || (inCode && event.key.startsWith("Arrow"))) return;
    event.preventDefault();
    action();
    if (document.activeElement?.classList.contains("state")) buttons[now].focus();
  });

  $("#previous").addEventListener("click", () => go(now - 1));
  $("#next").addEventListener("click", () => go(now + 1));
  $("#full").addEventListener("change", () => show());
  $("#process").addEventListener("change", (event) => { lane = event.target.value; show(); });
  $("#quiet").addEventListener("change", (event) => { for (const row of $$(".quiet")) row.classList.toggle("shown", event.target.checked); });
  $("#slice").addEventListener("change", (event) => $(".picture").classList.toggle("dim", event.target.checked));
  $("#fold")?.addEventListener("change", (event) => $(".picture").classList.toggle("fold", event.target.checked));
  $(".picture").classList.add("dim", "fold");
  const widths = () => $(".picture").style.setProperty("--names", `${$(".picture thead th").offsetWidth}px`);
  addEventListener("resize", widths);
  widths();
  $("#copy").addEventListener("click", async () => {
    history.replaceState(null, "", address());
    const link = location.href;
    try { await navigator.clipboard.writeText(link); $("#live").textContent = "The link is copied."; } catch { window.prompt("The link to this step:", link); }
  });
  window.addEventListener("hashchange", restore);
  restore();
})();
