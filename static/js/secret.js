/* A password may be looked at while it is typed: a long one is mistyped otherwise. Without this file it stays hidden. */
(() => {
  "use strict";
  document.querySelectorAll("[data-secret]").forEach((wrap) => {
    const input = wrap.querySelector("input");
    const button = document.createElement("button");
    const word = document.createElement("span");
    const rest = document.createElement("span");
    button.type = "button";
    word.textContent = "Hiện";
    rest.className = "visually-hidden";
    rest.textContent = " mật khẩu";
    button.append(word, rest);
    button.addEventListener("click", () => {
      const shown = input.type === "password";
      input.type = shown ? "text" : "password";
      word.textContent = shown ? "Ẩn" : "Hiện";
      input.focus();
    });
    // Sent as a password again, so that the browser neither keeps nor offers it as text.
    input.form.addEventListener("submit", () => { input.type = "password"; });
    wrap.append(button);
  });
})();
