// One sentence on an otherwise empty page: why there is nothing to see, and what to do.

export default guarded(({ data, parentElement }) => {
  useLanguage(data.language);
  wear();
  let root = parentElement.querySelector(".root:not(.broken)");
  if (!root) parentElement.append((root = el("div", { class: "root" })));
  patch(root, data, (now) => el("main", { class: "notice", role: "alert" }, el("h1", {}, now.title), el("p", {}, now.said)));
});
