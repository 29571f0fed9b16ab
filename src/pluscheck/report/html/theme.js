"use strict";
// Light and dark: what the system says, unless the reader says otherwise.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const theme = document.querySelector("#theme");
  const isDark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const nameTheme = () => { theme.textContent = isDark() ? "Light" : "Dark"; };
  theme.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; nameTheme(); });
  nameTheme();
})();
