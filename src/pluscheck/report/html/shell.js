"use strict";
// What every page has.
(() => {
  const root = document.documentElement;
  root.classList.add("js");

  // Light and dark: what the system says, unless the reader says otherwise.
  const theme = document.querySelector("#theme");
  const isDark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const nameTheme = () => { theme.textContent = isDark() ? "Light" : "Dark"; };
  theme.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; nameTheme(); });
  nameTheme();

  // What is embedded can be saved.
  for (const button of document.querySelectorAll("[data-download]")) {
    button.addEventListener("click", () => {
      const text = JSON.parse(document.querySelector(`[data-attachment="${CSS.escape(button.dataset.download)}"]`).textContent);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
      link.download = button.dataset.file;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  }
})();
