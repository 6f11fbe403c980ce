// Submitting: counts letters, offers names of municipalities, sends files part by part and tells how far each is.
// Every page works without it.
"use strict";
(() => {
  const PAUSE = 2000; // milliseconds between looks
  const AT_ONCE = 10; // files in one request
  const TOGETHER = 50e6; // bytes in one request, but for a single larger file
  const SETTLED = ["searchable", "unpacked", "failed", "rejected", "duplicate", "lost"];

  // --- letters left ---------------------------------------------------------------------------------
  const counted = document.querySelector("form[data-counted]");
  if (counted) {
    for (const holder of counted.querySelectorAll("[data-most]")) {
      const input = holder.querySelector("input[type=text], textarea");
      if (!input) continue;
      const note = document.createElement("p");
      note.className = "form-text counter";
      input.after(note);
      const count = () => {
        // Characters as the server counts them, not the halves of rare ones.
        const left = Number(holder.dataset.most) - Array.from(input.value).length;
        note.textContent = counted.dataset.counted.replace("#", left);
        note.classList.toggle("text-danger", left < 0);
      };
      input.addEventListener("input", count);
      count();
    }
  }

  // --- names of municipalities ----------------------------------------------------------------------
  const place = document.querySelector("input[data-names]");
  if (place) {
    let waits;
    place.addEventListener("input", () => {
      clearTimeout(waits);
      waits = setTimeout(async () => {
        if (place.value.length < 2) return;
        const answer = await fetch(`${place.dataset.names}?q=${encodeURIComponent(place.value)}`);
        if (!answer.ok) return;
        const options = (await answer.json()).map((name) => {
          const option = document.createElement("option");
          option.value = name;
          return option;
        });
        place.list.replaceChildren(...options);
      }, 200);
    });
  }

  // --- files ----------------------------------------------------------------------------------------
  const watched = new Map(); // number of a document → its item in the list

  const tell = (item, words, status) => {
    item.dataset.status = status;
    item.querySelector(".told").textContent = words;
  };

  const look = async (address) => {
    const open = [...watched].filter(([, item]) => !SETTLED.includes(item.dataset.status));
    if (open.length) {
      const query = open.map(([number]) => `document=${number}`).join("&");
      const language = new URLSearchParams(location.search).get("lang");
      const answer = await fetch(`${address}?${query}${language ? `&lang=${language}` : ""}`).catch(() => null);
      if (answer && answer.ok) {
        for (const one of await answer.json()) tell(watched.get(one.document), one.sentence, one.status);
      }
    }
    setTimeout(() => look(address), PAUSE);
  };

  const list = document.querySelector("ul.files[data-progress]");
  if (list) {
    for (const item of list.querySelectorAll("[data-document]")) watched.set(Number(item.dataset.document), item);
    look(list.dataset.progress);
  }

  const form = document.querySelector("form.drop");
  if (!form) return;
  const section = document.querySelector("section.sent");
  const items = section.querySelector("ul");
  const input = form.querySelector("input[type=file]");
  const hint = form.querySelector(".too-many");

  const show = (file) => {
    const item = document.createElement("li");
    const name = document.createElement("strong");
    name.textContent = file.name;
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    const told = document.createElement("span");
    told.className = "told";
    item.append(name, " ", bar, " ", told);
    items.append(item);
    tell(item, form.dataset.sending, "sending");
    return item;
  };

  // What became of one file, and what it is shown with from now on.
  const settle = (item, one) => {
    item.querySelector("progress").remove();
    tell(item, one.sentence, one.status);
    if (one.status === "waiting") watched.set(one.document, item);
    if (!one.record) return;
    const link = document.createElement("a");
    link.href = one.record;
    link.textContent = form.dataset.see;
    item.append(" ", link);
  };

  const send = (batch) =>
    new Promise((done) => {
      const request = new XMLHttpRequest();
      const body = new FormData();
      body.append("csrf_token", form.querySelector("[name=csrf_token]").value);
      for (const [file] of batch) body.append("files", file, file.name);
      const lost = () => {
        for (const [, item] of batch) {
          item.querySelector("progress").remove();
          tell(item, request.status === 429 ? form.dataset.later : form.dataset.lost, "lost");
        }
        done();
      };
      request.upload.addEventListener("progress", (event) => {
        let start = 0;
        for (const [file, item] of batch) {
          const share = file.size ? (event.loaded - start) / file.size : 1;
          item.querySelector("progress").value = Math.min(1, Math.max(0, share));
          start += file.size;
        }
      });
      request.addEventListener("error", lost);
      request.addEventListener("load", () => {
        if (request.status !== 200) return lost();
        JSON.parse(request.responseText).forEach((one, n) => settle(batch[n][1], one));
        return done();
      });
      request.open("POST", form.action);
      request.setRequestHeader("Accept", "application/json");
      request.send(body);
    });

  // Files in parts that arrive soon, for only what has arrived is answered for.
  const batches = (shown) => {
    const parts = [];
    let size = Infinity;
    for (const one of shown) {
      size += one[0].size;
      if (size > TOGETHER || parts[parts.length - 1].length >= AT_ONCE) {
        parts.push([]);
        size = one[0].size;
      }
      parts[parts.length - 1].push(one);
    }
    return parts;
  };

  // Said beside the form, where it stays until something is sent.
  const refuse = (words) => {
    hint.textContent = words;
    input.classList.toggle("is-invalid", Boolean(words));
    input.setAttribute("aria-invalid", Boolean(words));
  };

  const sendAll = async (files) => {
    if (!files.length) return;
    const many = files.length > Number(form.dataset.most);
    refuse(many ? form.dataset.tooMany : "");
    if (many) return;
    section.hidden = false;
    for (const batch of batches(files.map((file) => [file, show(file)]))) await send(batch);
  };

  form.querySelector(".drop-here").hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sendAll([...input.files]);
    input.value = "";
  });
  for (const name of ["dragenter", "dragover"]) {
    form.addEventListener(name, (event) => {
      event.preventDefault();
      form.classList.add("dragged");
    });
  }
  form.addEventListener("dragleave", () => form.classList.remove("dragged"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("dragged");
    sendAll([...event.dataTransfer.files]);
  });
  look(form.dataset.progress);
})();
