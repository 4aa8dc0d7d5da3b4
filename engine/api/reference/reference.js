"use strict";

/* The reference, made of openapi.json as it is served. Texts are set as text: nothing of an answer becomes markup. */

const base = location.pathname.replace(/\/docs\/?$/, "");
let doc;

function make(tag, props, ...inside) {
	const e = Object.assign(document.createElement(tag), props);
	e.append(...inside);
	return e;
}

function resolve(schema) {
	const name = schema.$ref && schema.$ref.split("/").pop();
	return name ? { name, ...doc.components.schemas[name] } : schema;
}

/* "string (date-time) or null", "list of TaskResponse" */
function words(schema) {
	if (schema.$ref) return schema.$ref.split("/").pop();
	const either = schema.anyOf || schema.oneOf;
	if (either) return either.map(words).join(" or ");
	if (schema.const !== undefined) return JSON.stringify(schema.const);
	if (schema.enum) return schema.enum.map((w) => JSON.stringify(w)).join(" | ");
	if (schema.type === "array") return schema.prefixItems ? "[" + schema.prefixItems.map(words).join(", ") + "]" : "list of " + words(schema.items);
	let text = schema.type || "anything";
	if (schema.format) text += ` (${schema.format})`;
	for (const [key, sign] of [["minimum", "≥"], ["exclusiveMinimum", ">"], ["maximum", "≤"], ["maxLength", "length ≤"], ["minLength", "length ≥"]])
		if (schema[key] !== undefined) text += ` ${sign} ${schema[key]}`;
	if (schema.pattern) text += ` like ${schema.pattern}`;
	return text;
}

/* Something that a body may look like. */
function example(schema, depth = 0) {
	const s = resolve(schema);
	if (s.default !== undefined) return s.default;
	if (s.const !== undefined) return s.const;
	if (s.enum) return s.enum[0];
	if (s.anyOf || s.oneOf) return example((s.anyOf || s.oneOf)[0], depth);
	if (s.type === "array") return s.prefixItems ? s.prefixItems.map((i) => example(i, depth)) : depth > 4 ? [] : [example(s.items, depth + 1)];
	if (s.type === "object" && s.properties) {
		const must = new Set(s.required);
		const names = Object.keys(s.properties).filter((n) => must.has(n));
		return Object.fromEntries(names.map((n) => [n, example(s.properties[n], depth + 1)]));
	}
	if (s.format === "date-time") return new Date().toISOString();
	return { string: "", integer: s.minimum > 0 ? s.minimum : 0, number: 0, boolean: false, object: {} }[s.type] ?? null;
}

function table(heads, rows) {
	const head = make("tr", {}, ...heads.map((h) => make("th", {}, h)));
	return make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows.map((r) => make("tr", {}, ...r.map((c) => make("td", {}, c))))));
}

function fieldsOf(schema) {
	const must = new Set(schema.required);
	const rows = Object.entries(schema.properties || {}).map(([name, s]) => [
		make("code", { className: must.has(name) ? "need" : "" }, name), words(s), s.default === undefined ? "" : JSON.stringify(s.default)]);
	return rows.length ? table(["Field", "Type", "Default"], rows) : make("p", {}, words(schema));
}

function parameters(operation, inputs) {
	const rows = operation.parameters.map((p) => {
		const input = make("input", { name: p.name, placeholder: p.schema.default === undefined ? "" : [p.schema.default].join(",") });
		input.setAttribute("aria-label", p.name);
		inputs.push([p, input]);
		return [make("code", { className: p.required ? "need" : "" }, p.name), p.in, words(p.schema), input];
	});
	return table(["Parameter", "In", "Type", "Value (a line of several: with commas)"], rows);
}

function urlOf(path, inputs) {
	const query = new URLSearchParams();
	for (const [p, input] of inputs) {
		if (p.in === "path") path = path.replace(`{${p.name}}`, encodeURIComponent(input.value));
		else if (p.in === "query" && input.value)
			for (const v of p.schema.type === "array" ? input.value.split(",") : [input.value]) query.append(p.name, v.trim());
	}
	return base + path + (query.size ? "?" + query : "");
}

async function send(method, path, inputs, body, out) {
	const headers = {};
	const token = document.getElementById("token").value.trim();
	const url = urlOf(path, inputs);
	if (token) headers.Authorization = "Bearer " + token;
	for (const [p, input] of inputs) if (p.in === "header" && input.value) headers[p.name] = input.value;
	if (body) headers["Content-Type"] = headers["Content-Type"] || "application/json";
	const began = performance.now();
	out.replaceChildren("…");
	try {
		const stop = AbortSignal.timeout(30000);
		const answer = await fetch(url, { method: method.toUpperCase(), headers, body: body && body.value, signal: stop, redirect: "manual" });
		let text = await answer.text();
		try { text = JSON.stringify(JSON.parse(text), null, 2); } catch { /* as it came */ }
		const line = `${answer.status || "redirected"} ${answer.statusText} · ${Math.round(performance.now() - began)} ms · ${url}`;
		out.replaceChildren(make("p", { className: answer.status >= 400 ? "bad" : "" }, line), make("pre", { tabIndex: 0 }, text.slice(0, 200000)));
	} catch (e) {
		out.replaceChildren(make("p", { className: "bad" }, `No answer: ${e.message}`));
	}
}

function answers(operation) {
	return table(["Status", "Meaning", "Body"], Object.entries(operation.responses).map(([status, r]) => {
		const kinds = Object.entries(r.content || {}).map(([media, c]) => words(c.schema) + (media === "application/json" ? "" : ` as ${media}`));
		return [make("code", {}, status), r.description, kinds.join("; ") || "none"];
	}));
}

function fill(place, method, path, operation) {
	const inputs = [];
	const out = make("div");
	const content = operation.requestBody && operation.requestBody.content["application/json"];
	const body = content && make("textarea", { value: JSON.stringify(example(content.schema), null, 2), spellcheck: false });
	const go = make("button", { type: "submit" }, "Try it");
	const form = make("form");
	if (operation.parameters.length) form.append(make("h3", {}, "Parameters"), parameters(operation, inputs));
	if (body) {
		body.setAttribute("aria-label", "Body");
		form.append(make("h3", {}, "Body: " + words(content.schema)), body, fieldsOf(resolve(content.schema)));
	}
	form.append(make("p", {}, go));
	form.addEventListener("submit", async (event) => {
		event.preventDefault();
		go.disabled = true;
		await send(method, path, inputs, body, out);
		go.disabled = false;
	});
	place.append(form, out, make("h3", {}, "Answers"), answers(operation));
}

function folded(id, line, filler) {
	const inside = make("div");
	const e = make("details", { id }, make("summary", {}, ...line), inside);
	e.addEventListener("toggle", () => {
		if (e.open && !inside.childNodes.length) filler(inside);
		if (e.open && location.hash !== "#" + id) history.replaceState(null, "", "#" + id);
	});
	return e;
}

function section(title, entries) {
	return make("section", {}, make("h2", {}, title), ...entries);
}

function show() {
	const tags = new Map();
	for (const [path, item] of Object.entries(doc.paths))
		for (const [method, operation] of Object.entries(item)) {
			const verb = method.toUpperCase();
			const line = [make("span", { className: "verb " + verb }, verb), make("code", {}, path), make("small", {}, operation.summary)];
			const entry = folded(operation.operationId, line, (place) => fill(place, method, path, operation));
			entry.dataset.words = [verb, path, operation.operationId, operation.summary, ...operation.tags].join(" ").toLowerCase();
			if (!tags.has(operation.tags[0])) tags.set(operation.tags[0], []);
			tags.get(operation.tags[0]).push(entry);
		}
	const models = Object.entries(doc.components.schemas).map(([name, schema]) => {
		const entry = folded("model-" + name, [make("code", {}, name), make("small", {}, schema.type || "")], (place) => place.append(fieldsOf(schema)));
		entry.dataset.words = name.toLowerCase();
		return entry;
	});
	const sections = [...tags].sort(([a], [b]) => a.localeCompare(b)).map(([tag, entries]) => section(tag, entries));
	document.getElementById("title").textContent = doc.info.title;
	document.getElementById("main").replaceChildren(...sections, section("Models", models));
	const wanted = document.getElementById(decodeURIComponent(location.hash.slice(1)));
	if (wanted && wanted.tagName === "DETAILS") {
		wanted.open = true;
		wanted.scrollIntoView();
	}
}

function narrow() {
	const wanted = document.getElementById("search").value.toLowerCase().split(/\s+/).filter(Boolean);
	for (const part of document.querySelectorAll("section")) {
		let any = false;
		for (const entry of part.querySelectorAll("details")) {
			const fits = wanted.every((w) => entry.dataset.words.includes(w));
			entry.hidden = !fits;
			any ||= fits;
		}
		part.hidden = !any;
	}
}

document.getElementById("search").addEventListener("input", narrow);
fetch(base + "/openapi.json")
	.then((r) => (r.ok ? r.json() : Promise.reject(new Error(`${r.status} ${r.statusText}`))))
	.then((d) => { doc = d; show(); })
	.catch((e) => document.getElementById("main").replaceChildren(make("p", { className: "bad" }, `openapi.json cannot be read: ${e.message}`)));
