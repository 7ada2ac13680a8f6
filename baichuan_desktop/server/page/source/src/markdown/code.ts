/** Colours of code, for the languages that answers are mostly written in. */
import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import go from "highlight.js/lib/languages/go";
import ini from "highlight.js/lib/languages/ini";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";

const LANGUAGES = {
  bash, c, cpp, css, diff, go, ini, java, javascript, json, python, rust, sql, typescript, xml, yaml,
};
for (const [name, language] of Object.entries(LANGUAGES)) hljs.registerLanguage(name, language);

const LONGEST = 50_000; // characters; what is longer stays in one colour

/** Code as HTML with a class for each colour; undefined where its language is not known. */
export function coloured(code: string, language: string): string | undefined {
  if (!hljs.getLanguage(language) || code.length > LONGEST) return undefined;
  return hljs.highlight(code, { language, ignoreIllegals: true }).value;
}

/** The name of a language as people write it; as it was given where it is not known. */
export function languageName(language: string): string {
  return hljs.getLanguage(language)?.name ?? language;
}
