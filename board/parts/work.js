// Long work on a sheet: how far it is, and a file that is handed over. The page may be left; the server goes on.

Object.assign(BLOCKS, { progress: drawProgress, pre: (b) => el("pre", { tabindex: "0" }, b.text) });

/** How far something is. Without a total it only says that it moves; the words beneath say the same as the bar. */
function drawProgress(b) {
  return el("div", { class: "progress" },
    el("progress", { max: b.total || null, value: b.total ? String(Math.min(b.done, b.total)) : null, "aria-label": b.label }),
    el("span", { class: "figure" }, b.said));
}

/** A file field: what was chosen is read here and travels with the form, as text. */
FIELDS.file = (b, field) => {
  const content = el("input", { type: "hidden", name: field.name });
  const name = el("input", { type: "hidden", name: `${field.name}_name` });
  const told = el("span", { class: "dim", role: "status" });
  const read = (event) => {
    const file = event.target.files[0];
    content.value = name.value = told.textContent = "";
    if (!file) return;
    if (file.size > field.most) {
      told.textContent = t("file.too_large", { most: Math.floor(field.most / 1e6) });
      event.target.value = "";
      return;
    }
    told.textContent = t("file.reading");
    const reader = new FileReader();
    reader.onload = () => {
      content.value = String(reader.result).split(",", 2)[1] ?? "";
      name.value = file.name;
      told.textContent = "";
    };
    reader.readAsDataURL(file);
  };
  return el("label", { class: "field" }, el("span", {}, field.label),
    el("input", { type: "file", accept: field.accept ?? null, required: field.required, "data-keep": `${b.keep}-${field.name}`, onchange: read }), content, name, told);
};
