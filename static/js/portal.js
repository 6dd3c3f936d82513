/* Small habits of the portal. Every page works without this file; it only makes things quicker.
   No inline handlers: everything hangs on data-* attributes. */
(() => {
  "use strict";

  const $ = (sel, root = document) => root.querySelector(sel);
  const digits = (text) => (text.match(/\d/g) || []).length;
  // Six digits or more are an ID or a phone number: they must never reach an address, a log line or the history.
  // A record's code (H-00217, VV-2026-0002) is nobody's number: the rule is text.holds_number() in Python.
  const isSecret = (text) => digits((text || "").replace(/(^|\s)\p{L}{1,4}(-\d{1,6}){1,2}(?=\s|$)/gu, " ")) >= 6;
  const csrf = () => ($("input[name=csrfmiddlewaretoken]") || {}).value || "";

  const hidden = (name, value) => {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = value;
    return input;
  };

  /* ---- toast: one sentence in the live region ---- */
  const toast = (sentence) => {
    const region = $("#toasts");
    if (!region) return;
    const line = document.createElement("div");
    line.className = "toast-line";
    line.append(sentence);
    const close = document.createElement("button");
    close.type = "button";
    close.setAttribute("aria-label", "Đóng thông báo");
    close.textContent = "×";
    close.addEventListener("click", () => line.remove());
    line.append(close);
    region.append(line);
    setTimeout(() => line.remove(), 12000);
  };

  /* ---- keys ---- */
  document.addEventListener("keydown", (e) => {
    const typing = e.target.closest("input, textarea, select, [contenteditable]");
    if (e.key === "/" && !typing && !e.ctrlKey && !e.metaKey && !e.altKey) {
      const box = $("#global-q");
      if (box) { e.preventDefault(); box.focus(); box.select(); }
    }
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) {
      const form = e.target.closest("form[data-record-form]") || $(".form-page form[data-record-form]");
      if (form) { e.preventDefault(); form.requestSubmit($("button[type=submit]", form)); }
    }
    if (e.key === "Escape") {
      const menu = e.target.closest("details[data-menu][open]");
      if (menu) { menu.open = false; $("summary", menu).focus(); }
    }
  });
  document.addEventListener("click", (e) => {
    document.querySelectorAll("details[data-menu][open]").forEach((m) => { if (!m.contains(e.target)) m.open = false; });
  });

  /* A panel opens to the left of its button's right edge, unless it would lie over the menu there. */
  const place = (details) => {
    const panel = details.open && $(".reveal-panel", details);
    if (!panel) return;
    panel.classList.remove("to-right");
    panel.classList.toggle("to-right", panel.getBoundingClientRect().left < $("main").getBoundingClientRect().left);
  };
  document.addEventListener("toggle", (e) => { if (e.target.matches("details.reveal")) place(e.target); }, true);
  document.querySelectorAll("details.reveal[open]").forEach(place);

  /* ---- ask first: data-confirm on a form, a button or a link ---- */
  let confirmed = null;
  const ask = (sentence) => new Promise((resolve) => {
    const box = $("#confirm");
    if (!box || !box.showModal) { resolve(window.confirm(sentence)); return; }
    $("#confirm-text").textContent = sentence;
    box.returnValue = "no";
    box.addEventListener("close", () => resolve(box.returnValue === "yes"), { once: true });
    box.showModal();
  });
  document.addEventListener("click", (e) => {
    const link = e.target.closest("a[data-confirm]");
    if (!link) return;
    e.preventDefault();
    ask(link.dataset.confirm).then((yes) => { if (yes) window.location.assign(link.href); });
  });

  /* ---- forms: ask, keep numbers out of addresses, guard against the double click ---- */
  const busy = new Map();
  const release = (form) => {
    (busy.get(form) || []).forEach(({ button, label, text }) => { button.disabled = false; label.textContent = text; });
    busy.delete(form);
  };
  const hold = (form) => {
    const buttons = [...form.elements, ...document.querySelectorAll(`button[form="${form.id}"]`)].filter((b, i, all) => b.type === "submit" && all.indexOf(b) === i && !b.disabled);
    busy.set(form, buttons.map((button) => {
      const label = $("span", button) || button;
      const text = label.textContent;
      button.disabled = true;
      if (!button.hasAttribute("tabindex")) label.textContent = form.dataset.busy || "Đang lưu…";
      return { button, label, text };
    }));
  };

  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (form.method === "dialog") return;
    const submitter = e.submitter;

    const question = (submitter && submitter.dataset.confirm) || form.dataset.confirm;
    if (question && confirmed !== form) {
      e.preventDefault();
      ask(question).then((yes) => {
        if (!yes) return;
        confirmed = form;
        form.requestSubmit(submitter && submitter.form === form ? submitter : undefined);
      });
      return;
    }
    confirmed = null;

    if (form.hasAttribute("data-search")) {
      // Words may stand in the address (the back button works); numbers may not.
      const secret = isSecret(form.elements.q.value);
      form.method = secret ? "post" : "get";
      const token = form.elements.csrfmiddlewaretoken;
      if (token) token.disabled = !secret;
    }
    if (form.hasAttribute("data-filter") && !e.defaultPrevented) { // only where htmx is missing
      form.querySelectorAll("[data-js-only]").forEach((i) => i.remove());
      const secret = isSecret((form.elements.q || {}).value);
      form.method = secret ? "post" : "get";
      if (secret) {
        [["csrfmiddlewaretoken", csrf()], ["_filter", "1"]].forEach(([n, v]) => {
          const input = hidden(n, v);
          input.setAttribute("data-js-only", "");
          form.append(input);
        });
      }
    }

    if (form.hasAttribute("data-no-guard") || form.method !== "post") return;
    if (busy.has(form)) { e.preventDefault(); return; }
    // After this turn, so that the pressed button's own name and value are still sent.
    busy.set(form, []);
    setTimeout(() => {
      if (e.defaultPrevented) { busy.delete(form); return; }
      hold(form);
      if (form.hasAttribute("data-download")) setTimeout(() => release(form), 4000);
    });
  });
  window.addEventListener("pageshow", () => [...busy.keys()].forEach(release));

  /* ---- typed text is not left behind by accident ---- */
  let dirty = false;
  document.addEventListener("input", (e) => { if (e.target.closest("form[data-record-form]")) dirty = true; });
  document.addEventListener("submit", () => { dirty = false; });
  window.addEventListener("beforeunload", (e) => { if (dirty) { e.preventDefault(); e.returnValue = ""; } });

  /* ---- list filters: 300 ms after the last key, at once for selects ---- */
  let timer = 0;
  const refilter = (form, wait) => {
    clearTimeout(timer);
    timer = setTimeout(() => window.htmx && window.htmx.trigger(form, "filter"), wait);
  };
  document.addEventListener("input", (e) => {
    const form = e.target.form;
    if (!form || !form.hasAttribute("data-filter")) return;
    if (e.target.matches("input:not([type=checkbox]):not([type=radio])")) {
      if (!e.target.hasAttribute("data-day")) refilter(form, 300);
    } else refilter(form, 0);
  });
  document.addEventListener("change", (e) => {
    const form = e.target.form;
    if (form && form.hasAttribute("data-filter") && e.target.hasAttribute("data-day")) refilter(form, 0);
  });

  // Taking a filter's chip away empties its control, so that a searched number stays where it is.
  document.addEventListener("click", (e) => {
    const chip = e.target.closest("a[data-unfilter]");
    const form = $("form[data-filter]");
    const control = chip && form && form.elements[chip.dataset.unfilter];
    if (!control || !window.htmx || e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    if (control.type === "checkbox") control.checked = false;
    else control.value = "";
    refilter(form, 0);
    if (window.matchMedia("(pointer: fine)").matches) form.elements.q.focus(); // no keyboard jumps up on a phone
  });

  document.addEventListener("htmx:configRequest", (e) => {
    const d = e.detail;
    const form = $("form[data-filter]");
    const q = form && form.elements.q ? form.elements.q.value : "";
    const inList = d.elt === form || (d.elt.closest && d.elt.closest("#records"));
    if (form && inList && isSecret(q)) {
      d.verb = "post";
      d.useUrlParams = false;
      d.headers["Content-Type"] = "application/x-www-form-urlencoded";
      if (d.elt !== form) {
        // A sort or page link while a number is searched: its parameters join the form's, in the body.
        const [path, query] = d.path.split("?");
        d.path = path;
        for (const [k, v] of new FormData(form)) d.parameters[k] = v;
        for (const [k, v] of new URLSearchParams(query || "")) d.parameters[k] = v;
      }
      d.parameters.q = q;
      d.parameters._filter = "1";
      d.elt.setAttribute("hx-push-url", "false");
    } else if (form && inList) {
      d.elt.setAttribute("hx-push-url", "true");
      if (d.elt === form) Object.keys(d.parameters).forEach((k) => { if (d.parameters[k] === "") delete d.parameters[k]; });
    }
    if (d.verb !== "get") d.headers["X-CSRFToken"] = csrf();
  });
  document.addEventListener("htmx:afterSettle", (e) => {
    const part = $("#records");
    if (!part || e.detail.target.id !== "records") return;
    const count = $("#list-count"); // an <output>: the new count is read aloud
    if (count && count.textContent !== part.dataset.status) count.textContent = part.dataset.status;
  });
  document.addEventListener("htmx:responseError", (e) => {
    const status = e.detail.xhr.status;
    if (status === 403) toast("Tài khoản này không được xem phần đó, hoặc phiên làm việc đã hết. Tải lại trang rồi thử lại.");
    else if (status === 404) toast("Không tìm thấy nội dung này. Có thể đã được chuyển hoặc xoá.");
    else if (status === 429) toast("Thao tác quá nhanh. Chờ một phút rồi thử lại.");
    else toast("Máy chủ gặp lỗi, chưa tải được danh sách. Thử lại; nếu vẫn lỗi, báo người quản trị.");
  });
  document.addEventListener("htmx:sendError", () => toast("Không kết nối được máy chủ. Kiểm tra mạng rồi thử lại."));
  document.addEventListener("htmx:timeout", () => toast("Máy chủ trả lời quá lâu. Thử lại sau ít phút."));

  /* ---- dates: 5/9/1990, 5.9.1990, 5-9-1990, 05091990 -> 05/09/1990; 9/1990 -> 09/1990; the rest stays as typed ---- */
  const tidyDate = (text) => {
    const t = text.trim();
    let m = t.match(/^(\d{1,2})[\/.\-\s]+(\d{1,2})[\/.\-\s]+(\d{4})$/) || t.match(/^(\d{2})(\d{2})(\d{4})$/);
    if (m) return `${m[1].padStart(2, "0")}/${m[2].padStart(2, "0")}/${m[3]}`;
    m = t.match(/^(\d{1,2})[\/.\-\s]+(\d{4})$/);
    return m ? `${m[1].padStart(2, "0")}/${m[2]}` : text;
  };
  document.addEventListener("change", (e) => {
    if (!e.target.matches("input[data-day]")) return;
    const tidy = tidyDate(e.target.value);
    if (tidy !== e.target.value) e.target.value = tidy;
  }, true);

  /* ---- record picker: a combobox over data-picker-url; the input keeps the code ---- */
  let pickers = 0;
  const makePicker = (input) => {
    const wrap = input.closest(".picker");
    const list = $(".picker-list", wrap);
    const text = $(".picker-text", wrap);
    const id = `picker-${++pickers}`;
    let active = -1, wait = 0, turn = 0;

    list.id = id;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Kết quả");
    Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id }).forEach(([k, v]) => input.setAttribute(k, v));
    text.textContent = input.dataset.pickerLabel || "";

    const options = () => [...list.querySelectorAll("[role=option]")];
    const isOpen = () => !list.hidden;
    const close = () => {
      clearTimeout(wait);
      turn++;
      list.hidden = true;
      active = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const mark = (i) => {
      const all = options();
      if (!all.length) return;
      active = (i + all.length) % all.length;
      all.forEach((o, n) => o.setAttribute("aria-selected", n === active ? "true" : "false"));
      input.setAttribute("aria-activedescendant", all[active].id);
      all[active].scrollIntoView({ block: "nearest" });
    };
    const choose = (option) => {
      input.value = option.dataset.code;
      text.textContent = option.dataset.label;
      close();
      input.dispatchEvent(new Event("change", { bubbles: true }));
    };
    const show = (results) => {
      list.replaceChildren(...results.map((r, n) => {
        const li = document.createElement("li");
        li.id = `${id}-${n}`;
        li.setAttribute("role", "option");
        li.setAttribute("aria-selected", "false");
        li.dataset.code = r.code;
        li.dataset.label = r.detail ? `${r.label} · ${r.detail}` : r.label;
        const name = document.createElement("span");
        name.textContent = r.label;
        const code = document.createElement("small");
        code.className = "picker-code";
        code.textContent = r.code;
        li.append(name, code);
        if (r.detail) {
          const detail = document.createElement("small");
          detail.className = "picker-detail";
          detail.textContent = r.detail;
          li.append(detail);
        }
        return li;
      }));
      if (!results.length) {
        close();
        text.textContent = "Không tìm thấy. Thử gõ khác, hoặc gõ đúng mã.";
        return;
      }
      active = -1;
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      text.textContent = `${results.length} kết quả`;
    };
    const look = () => {
      const words = input.value.trim();
      const mine = ++turn;
      if (words.length < 2 || isSecret(words)) { close(); return; }
      fetch(`${input.dataset.pickerUrl}?q=${encodeURIComponent(words)}`, { headers: { Accept: "application/json" }, credentials: "same-origin" })
        .then((r) => { if (!r.ok || r.redirected) throw new Error(String(r.status)); return r.json(); })
        .then((data) => { if (mine === turn && document.activeElement === input) show(data.results || []); })
        .catch(() => { if (mine === turn) { close(); toast("Chưa tìm được. Gõ mã trực tiếp, hoặc tải lại trang."); } });
    };

    input.addEventListener("input", () => { text.textContent = ""; clearTimeout(wait); wait = setTimeout(look, 200); });
    input.addEventListener("keydown", (e) => {
      if (e.key === "ArrowDown" || e.key === "ArrowUp") {
        e.preventDefault();
        if (isOpen()) mark(active + (e.key === "ArrowDown" ? 1 : active < 0 ? 0 : -1)); else look();
      } else if (e.key === "Enter" && isOpen() && !e.ctrlKey) {
        e.preventDefault();
        const all = options();
        choose(all[active < 0 ? 0 : active]);
      } else if (e.key === "Escape" && isOpen()) {
        e.preventDefault();
        e.stopPropagation();
        close();
        text.textContent = "";
      } else if (e.key === "Tab" && isOpen()) {
        if (active >= 0) choose(options()[active]); else close();
      }
    });
    input.addEventListener("blur", () => setTimeout(close, 120));
    list.addEventListener("mousedown", (e) => e.preventDefault());
    list.addEventListener("click", (e) => { const o = e.target.closest("[role=option]"); if (o) choose(o); });
  };

  document.addEventListener("click", (e) => { if (e.target.closest("[data-print]")) window.print(); });

  /* ---- fields that only some answers need: data-when="name=value" or "name!=value"; one with an error stays in sight ---- */
  const answer = (control) => {
    const option = control.selectedOptions && control.selectedOptions[0];
    return (option && option.dataset.is) || control.value;
  };
  const unneeded = (form) => form.querySelectorAll("[data-when]").forEach((one) => {
    const [, name, not, value] = one.dataset.when.match(/^(\w+)(!?)=(\w+)$/);
    const other = form.elements[name];
    const field = one.closest(".field");
    if (other && field) field.hidden = (answer(other) === value) === Boolean(not) && !field.classList.contains("bad");
    const folded = one.closest("details");
    if (folded) folded.hidden = [...folded.querySelectorAll(".field")].every((f) => f.hidden);
  });
  document.addEventListener("change", (e) => { if (e.target.form) unneeded(e.target.form); });
  const unneededAll = () => document.querySelectorAll("form[data-record-form]").forEach(unneeded);
  unneededAll();
  window.addEventListener("pageshow", () => setTimeout(unneededAll)); // the browser puts back what was typed

  /* ---- all boxes of a form at once; without this file the server ticks them ---- */
  document.addEventListener("click", (e) => {
    const button = e.target.closest("button[data-check-all]");
    if (!button) return;
    e.preventDefault();
    [...button.form.elements].forEach((one) => { if (one.type === "checkbox") one.checked = button.value === "all"; });
  });

  /* ---- once the page stands ---- */
  const start = (root) => root.querySelectorAll("input[data-picker-url]:not([role])").forEach(makePicker);
  start(document);
  document.addEventListener("htmx:afterSettle", (e) => start(e.detail.target));
  // A form's page starts in its first field. An entry row on a record's page takes the cursor only after a row was
  // added (the address then names its section), so that reading the page leaves the "/" key free.
  const control = ".field :is(input, select, textarea):not(:disabled):not([type=hidden])";
  const part = window.location.hash.length > 1 && document.getElementById(window.location.hash.slice(1));
  const entry = part && window.matchMedia("(min-width: 768px)").matches && part.closest("section");
  const first = $("[data-focus]") || (entry ? $(`form ${control}`, entry) : part ? null : $(`.form-page form[data-record-form] ${control}`));
  const go = () => first && first.focus({ preventScroll: first.matches("input, select, textarea") });
  if (entry) window.addEventListener("load", () => setTimeout(go)); // going to a part of the page takes the focus away
  else go();
})();
