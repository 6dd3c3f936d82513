/* Quick entry of people: the rows and keys of the page that founds a household, checks while typing, scanned cards.

   data-entry         a form of rows: Enter goes on (Shift: back), at the end of a row to the next one; arrows keep the column
   data-person-check  a form (or a part) in which a person is typed: asks the server after name, birth, number, sex
                      [data-person] parts several people; [data-person-address] gives the address where no field does
   data-scan-for      "resident" | "stay" | "household": becomes a box for a card scanner; the form is the one around it,
                      or the first record form of the page

   Fields are known by their names, whatever the prefix: full_name, birth, sex, citizen_id, old_id, address.
   Numbers travel in the body of a POST and are kept nowhere. Every page works without this file. */
(() => {
  "use strict";

  const CHECK = "/residents/check/";
  const SCAN = "/residents/scan/";
  const OUT = "Phiên làm việc đã hết: lưu hoặc tải lại trang để đăng nhập.";
  const $ = (sel, root = document) => root.querySelector(sel);
  const $$ = (sel, root = document) => [...root.querySelectorAll(sel)];
  const field = (scope, name) => $(`:is(input, select)[name="${name}"], :is(input, select)[name$="-${name}"]`, scope);
  const valueOf = (scope, name) => { const f = field(scope, name); return f ? f.value.trim() : ""; };
  const nameOf = (control) => (control.name || "").replace(/^.*-/, "");
  const idDigits = (value) => value.replace(/[\s.-]/g, "");

  const el = (tag, values = {}, ...children) => {
    const node = document.createElement(tag);
    Object.entries(values).forEach(([key, value]) => {
      if (key === "text") node.textContent = value;
      else if (key === "class") node.className = value;
      else node.setAttribute(key, value);
    });
    node.append(...children.filter(Boolean));
    return node;
  };
  const outside = (person) => el("a", { href: person.url, target: "_blank", rel: "noopener", text: person.name },
    el("span", { class: "visually-hidden", text: " (mở thẻ mới)" }));

  // `_filter` marks a look-up: where the session has ended, the server keeps nothing of it.
  const ask = (url, values) => {
    const token = $("input[name=csrfmiddlewaretoken]");
    const body = new URLSearchParams({ ...values, _filter: "1", csrfmiddlewaretoken: token ? token.value : "" });
    return fetch(url, { method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin" })
      .then((r) => { if (!r.ok || r.redirected) throw new Error(r.redirected ? OUT : ""); return r.json(); });
  };

  /* ---- a value as people write it, made plain when the cell is left ---- */
  const real = (d, m, y) => { const day = new Date(y, m - 1, d); return y >= 1900 && day.getMonth() === m - 1 && day.getDate() === d; };
  const tidyBirth = (text) => {
    const t = text.trim();
    let m = t.match(/^(\d{1,2})\s*([/.-])\s*(\d{1,2})\s*\2\s*(\d{4}|\d{2})$/) || t.match(/^(\d{2})()(\d{2})(\d{4})$/);
    if (m) {
      // A year of two digits is the last one that was: the rule of text.parse_birth().
      const year = m[4].length === 4 ? +m[4] : +m[4] + (+m[4] > new Date().getFullYear() % 100 ? 1900 : 2000);
      return real(+m[1], +m[3], year) ? `${m[1].padStart(2, "0")}/${m[3].padStart(2, "0")}/${year}` : text;
    }
    m = t.match(/^(\d{1,2})\s*[/.-]\s*(\d{4})$/);
    return m && +m[1] >= 1 && +m[1] <= 12 ? `${m[1].padStart(2, "0")}/${m[2]}` : text;
  };

  // The fourth digit says the sex (identity.described_by in Python): filled in, never over what somebody chose.
  const guessSex = (scope) => {
    const sex = field(scope, "sex");
    const number = idDigits(valueOf(scope, "citizen_id"));
    if (!sex || !/^\d{12}$/.test(number) || (sex.value && sex.dataset.guessed !== sex.value)) return;
    sex.value = sex.dataset.guessed = number[3] % 2 ? "F" : "M";
  };

  /* ---- checks while typing ---- */
  const CHECKED = ["full_name", "birth", "sex", "citizen_id", "old_id"];
  const asked = new WeakMap();
  const scopeOf = (control) => control.closest("[data-person]") || control.closest("[data-person-check]");

  const noteOf = (scope) => {
    let note = $("[data-person-note]", scope);
    if (!note) {
      note = el("div", { class: "person-note", "data-person-note": "", "aria-live": "polite" });
      const fields = $(".fields", scope);
      if (fields) fields.after(note); else scope.append(note);
    }
    return note;
  };
  const showNote = (scope, answer) => {
    const lines = answer.warnings.map((text) => el("p", { class: "note-warning", text }));
    if (answer.alikes.length) {
      const sure = answer.alikes.some((one) => one.certain);
      lines.push(el("div", { class: "note-alike" },
        el("strong", { text: sure ? "Gần như chắc chắn đã có trong sổ:" : "Có thể đã có trong sổ:" }),
        el("ul", {}, ...answer.alikes.map((one) => el("li", {}, outside(one), ` (${one.code}), sinh ${one.birth}: ${one.reasons.join(", ")}`)))));
    }
    noteOf(scope).replaceChildren(...lines);
  };
  const check = (scope) => {
    const state = asked.get(scope);
    const form = scope.closest("form") || scope;
    const values = Object.fromEntries(CHECKED.map((name) => [name, valueOf(scope, name)]));
    const host = form.closest("[data-person-address]");
    values.address = valueOf(form, "address") || (host ? host.dataset.personAddress : "");
    const seen = JSON.stringify(values);
    if (seen === state.seen) return;
    state.seen = seen;
    const turn = ++state.turn; // an answer to what has changed since is dropped
    const enough = /^\d{12}$/.test(idDigits(values.citizen_id)) || (values.full_name && (values.birth || values.old_id));
    if (!enough) { noteOf(scope).replaceChildren(); return; }
    ask(CHECK, values)
      .then((answer) => { if (turn === state.turn && scope.isConnected) showNote(scope, answer); })
      .catch(() => { if (turn === state.turn) state.seen = ""; }); // only a help: asked again at the next cell
  };
  const checkSoon = (scope) => {
    const state = asked.get(scope) || { turn: 0, seen: "", timer: 0 };
    asked.set(scope, state);
    clearTimeout(state.timer);
    state.timer = setTimeout(check, 250, scope);
  };

  document.addEventListener("input", (e) => {
    const scope = nameOf(e.target) === "citizen_id" && scopeOf(e.target);
    if (scope) guessSex(scope);
  });
  document.addEventListener("change", (e) => {
    const name = nameOf(e.target);
    if (name === "birth" && e.target.matches("input")) {
      const tidy = tidyBirth(e.target.value);
      if (tidy !== e.target.value) e.target.value = tidy;
    }
    if (name === "sex") delete e.target.dataset.guessed;
    const scope = CHECKED.includes(name) && scopeOf(e.target);
    if (scope) checkSoon(scope);
  });
  document.addEventListener("focusout", (e) => {
    const scope = e.target.matches("input, select") && CHECKED.includes(nameOf(e.target)) && scopeOf(e.target);
    if (scope) checkSoon(scope);
  });
  // A live region is heard only if it stood there before it was filled.
  $$("[data-person-check]").forEach((form) => { if (!$("[data-person]", form)) noteOf(form); });

  /* ---- rows ---- */
  const TYPED = ["full_name", "citizen_id", "birth", "sex", "old_id", "phone", "relation_note"];
  const isEmpty = (row) => TYPED.every((name) => !valueOf(row, name));
  const rowsOf = (form) => $$("[data-row]", $("[data-rows]", form));
  const shown = (control) => control.offsetParent !== null && !control.closest("details:not([open])");
  const cells = (part) => $$(".field :is(input, select)", part).filter(shown);
  const go = (control) => { control.focus(); if (control.matches("input")) control.select(); };
  const tell = (form, text) => { $("[data-row-status]", form).textContent = text; };

  const renumber = (form) => rowsOf(form).forEach((row, n) => $$("[data-no]", row).forEach((no) => { no.textContent = n + 1; }));
  const equip = (row) => { $("[data-drop-row]", row).hidden = false; };
  const addRow = (form) => {
    const keys = $$("[data-row] input", form).map((i) => +(i.name.match(/^p(\d+)-/) || [0, -1])[1]);
    const key = Math.max(-1, ...keys, +(form.dataset.lastKey || -1)) + 1;
    form.dataset.lastKey = key;
    const holder = document.createElement("div");
    holder.innerHTML = $("template[data-row-pattern]", form).innerHTML.replaceAll("__n__", key);
    const row = holder.firstElementChild;
    $("[data-rows]", form).append(row);
    equip(row);
    renumber(form);
    return row;
  };
  const dropRow = (form, row) => {
    const all = rowsOf(form);
    const at = all.indexOf(row);
    const empty = isEmpty(row);
    const name = valueOf(row, "full_name");
    const place = el("p", { class: "person-dropped" }, `Đã bỏ người ${at + 1}${name ? `: ${name}` : ""}. `);
    if (!empty) {
      const back = el("button", { type: "button", class: "btn btn-plain btn-small", text: "Lấy lại" });
      back.addEventListener("click", () => { place.replaceWith(row); renumber(form); go(cells(row)[0]); });
      place.append(back);
      row.replaceWith(place);
      tell(form, `Đã bỏ người ${at + 1}.`);
    } else row.remove();
    const next = rowsOf(form)[at] || rowsOf(form)[at - 1] || addRow(form);
    renumber(form);
    go(cells(next)[0]);
  };

  const forward = (form, control) => {
    const row = control.closest("[data-row]");
    const all = rowsOf(form);
    if (row) {
      const mine = cells(row);
      const rest = all.slice(all.indexOf(row) + 1);
      if (control === mine[0] && isEmpty(row) && rest.every(isEmpty)) return $("[data-save]", form); // nobody more to type
      if (control !== mine[mine.length - 1]) return mine[mine.indexOf(control) + 1];
      return rest.length ? cells(rest[0])[0] : isEmpty(row) ? $("[data-save]", form) : cells(addRow(form))[0];
    }
    const head = cells($("[data-head]", form));
    const at = head.indexOf(control);
    if (at < 0) return $("[data-save]", form);
    return head[at + 1] || cells(all[0] || addRow(form))[0];
  };
  const backward = (form, control) => {
    const all = [...cells($("[data-head]", form)), ...rowsOf(form).flatMap(cells)];
    return all[all.indexOf(control) - 1];
  };
  const sideways = (form, control, step) => {
    const row = control.closest("[data-row]");
    const next = row && rowsOf(form)[rowsOf(form).indexOf(row) + step];
    const there = next && field(next, nameOf(control));
    return there && shown(there) ? there : null;
  };

  const startEntry = (form) => {
    rowsOf(form).forEach(equip);
    $$("[data-keys]", form).forEach((hint) => { hint.hidden = false; });
    const add = $("[data-add-row]", form);
    add.type = "button";
    add.addEventListener("click", () => go(cells(addRow(form))[0]));
    form.addEventListener("click", (e) => {
      const drop = e.target.closest("[data-drop-row]");
      if (drop) dropRow(form, drop.closest("[data-row]"));
    });
    form.addEventListener("keydown", (e) => {
      const control = e.target;
      // While an input method composes a word, its keys are its own.
      if (e.isComposing || e.defaultPrevented || !control.matches(".field :is(input, select)")) return;
      if (e.key === "Enter" && !e.ctrlKey && !e.metaKey && !e.altKey) {
        e.preventDefault();
        const next = e.shiftKey ? backward(form, control) : forward(form, control);
        if (next) go(next);
      } else if ((e.key === "ArrowDown" || e.key === "ArrowUp") && !e.shiftKey && !e.altKey && !e.metaKey) {
        // In a select the arrows choose; with Ctrl they move there too.
        const there = control.matches("select") === e.ctrlKey && sideways(form, control, e.key === "ArrowDown" ? 1 : -1);
        if (there) { e.preventDefault(); go(there); }
      }
    });
  };
  $$("form[data-entry]").forEach(startEntry);

  /* ---- scanned cards ---- */
  const put = (scope, name, value) => {
    const control = field(scope, name);
    if (!control || !value) return;
    control.value = value;
    ["input", "change"].forEach((kind) => control.dispatchEvent(new Event(kind, { bubbles: true })));
  };
  const putPerson = (scope, fields) => {
    CHECKED.forEach((name) => put(scope, name, fields[name]));
    const folded = fields.old_id && $("details.person-more", scope);
    if (folded) folded.open = true; // what was filled in is seen
  };

  // To the first cell that is still to be filled in.
  const goOn = (form) => {
    const open = $$(".field :is(input, select)", form).find((c) => shown(c) && !c.value && (c.required || c.dataset.pickerUrl));
    if (open) go(open);
  };

  // What each kind of form does with a card that was read; returns what to tell.
  const FILL = {
    resident: (form, fields) => {
      putPerson(form, fields);
      goOn(form);
      return `Đã điền: ${fields.full_name}.`;
    },
    stay: (form, fields, at) => {
      Object.entries({ guest_name: "full_name", birth: "birth", id_number: "citizen_id" }).forEach(([to, from]) => put(form, to, fields[from]));
      const arrived = field(form, "arrived_at");
      if (arrived && (!arrived.value || arrived.value === arrived.defaultValue)) put(form, "arrived_at", at); // what was typed stays
      goOn(form);
      return `Đã điền: ${fields.full_name}.`;
    },
    household: (form, fields) => {
      const rows = rowsOf(form);
      const same = rows.findIndex((row) => fields.citizen_id && idDigits(valueOf(row, "citizen_id")) === fields.citizen_id);
      if (same >= 0) return `Thẻ này đã ở dòng của người ${same + 1}.`;
      const row = rows.find(isEmpty) || addRow(form);
      putPerson(row, fields);
      return `Đã điền người ${rowsOf(form).indexOf(row) + 1}: ${fields.full_name}.`;
    },
  };

  const startScan = (host) => {
    const kind = host.dataset.scanFor;
    const form = host.closest("form") || $("form[data-record-form]");
    if (!FILL[kind] || !form) return;
    const id = `scan-${Math.random().toString(36).slice(2)}`;
    const input = el("input", { type: "text", id, maxlength: "4000", autocomplete: "off", autocapitalize: "off", spellcheck: "false", placeholder: "Đặt con trỏ ở đây rồi quét mã QR, hoặc dán" });
    const button = el("button", { type: "button", class: "btn btn-plain", text: "Đọc thẻ" });
    const status = el("p", { class: "scan-status", role: "status" });
    const results = el("div", { class: "scan-results" });
    host.classList.add("scan-box");
    host.append(el("label", { for: id, text: "Quét thẻ căn cước" }), el("div", { class: "scan-line" }, input, button), status, results);

    const say = (...sentences) => { status.textContent = sentences.filter(Boolean).join(" "); };
    const use = (found) => say(FILL[kind](form, found.fields, found.now), found.surplus, ...(form.closest("[data-person-check]") ? [] : found.warnings));
    const block = (title, ...parts) => {
      const close = el("button", { type: "button", class: "btn btn-plain btn-small", text: "Bỏ" });
      const acts = parts.filter((part) => part.matches(".btn"));
      const rest = parts.filter((part) => !part.matches(".btn"));
      const head = el("div", { class: "scan-head" }, el("strong", { text: title }), el("span", {}, ...acts, close));
      const box = el("div", { class: "scan-found" }, head, ...rest);
      close.addEventListener("click", () => { box.remove(); input.focus(); });
      if (kind !== "household") results.replaceChildren(); // there several cards may wait to be looked at
      results.append(box);
      return box;
    };
    const pairs = (found) => el("table", { class: "plain-table scan-pairs" },
      el("caption", { class: "visually-hidden", text: "Quét được và đọc được" }),
      el("thead", {}, el("tr", {}, ...["Mục", "Quét được", "Đọc được"].map((text) => el("th", { scope: "col", text })))),
      el("tbody", {}, ...found.pairs.map((one) => el("tr", {}, el("th", { scope: "row", text: one.label }), el("td", { text: one.raw || "—" }),
        el("td", {}, one.same ? one.read || "—" : el("mark", { text: one.read || "—" }))))));
    const show = (found) => {
      if (kind !== "household") results.replaceChildren();
      if (!found.readable) { say(...found.problems); return; }
      // On the person's own page his card is no second entry.
      const known = found.known && !window.location.pathname.startsWith(found.known.url) ? found.known : null;
      const parts = [];
      if (known) {
        parts.push(el("p", { text: `Đã có trong sổ: ${known.name} (${known.code}).` }));
        parts.push(el("a", { href: known.url, target: "_blank", rel: "noopener", class: "btn btn-primary btn-small", text: "Mở hồ sơ" }));
      } else if (found.told) parts.push(el("p", { text: found.told }));
      const closed = (known || found.told) && kind !== "stay"; // who is in the register is not entered again
      if (found.certain) {
        if (parts.length) block(found.fields.full_name, ...parts);
        if (closed) say("Không điền: người này đã có trong sổ.");
        else use(found);
        return;
      }
      say("Cần xem lại trước khi dùng.");
      if (!closed) {
        const accept = el("button", { type: "button", class: "btn btn-primary btn-small", text: "Dùng" });
        accept.addEventListener("click", () => { box.remove(); use(found); if (kind === "household") input.focus(); });
        parts.push(accept);
      }
      const box = block(found.fields.full_name || "Thẻ cần xem lại", ...parts, el("ul", {}, ...found.problems.map((text) => el("li", { text }))), pairs(found));
    };

    let queue = Promise.resolve(); // cards scanned one after the other are answered in that order
    const read = () => {
      const payload = input.value;
      input.value = "";
      if (!payload.trim()) return;
      say("Đang đọc…");
      queue = queue.then(() => ask(SCAN, { payload })).then(show)
        .catch((error) => say(error.message === OUT ? OUT : "Chưa đọc được thẻ: kiểm tra mạng rồi quét lại."));
    };
    let last = 0;
    input.addEventListener("keydown", (e) => {
      const fast = e.timeStamp - last < 100; // a scanner types, not a person
      last = e.timeStamp;
      if (e.key === "Enter" && !e.ctrlKey && !e.metaKey) { e.preventDefault(); read(); }
      if (e.key === "Tab" && fast && /^\s*\d{12}/.test(input.value)) { // some scanners part the fields by tabs
        e.preventDefault();
        input.setRangeText("\t", input.selectionStart, input.selectionEnd, "end");
      }
    });
    input.addEventListener("paste", () => setTimeout(read));
    button.addEventListener("click", () => { read(); input.focus(); });
  };
  $$("[data-scan-for]").forEach(startScan);
})();
