/** Language and look of the page: the browser's and the system's, or what was chosen here. */
import { computed, effect, signal } from "@preact/signals";
import { en, type Words } from "../words/en";
import { zh } from "../words/zh";

export type Language = "en" | "zh";
export type Theme = "system" | "light" | "dark";

const LANGUAGES: Record<Language, Words> = { en, zh };

export const language = signal<Language>(
  kept("language", ["en", "zh"]) ?? (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en"),
);
export const theme = signal<Theme>(kept("theme", ["system", "light", "dark"]) ?? "system");
const DARK = matchMedia("(prefers-color-scheme: dark)");
const systemIsDark = signal(DARK.matches);
export const words = computed(() => LANGUAGES[language.value]);

export function chooseLanguage(chosen: Language): void {
  language.value = chosen;
  keep("language", chosen);
}

export function chooseTheme(chosen: Theme): void {
  theme.value = chosen;
  keep("theme", chosen);
}

/** Have the document follow both. */
export function followLook(): void {
  DARK.addEventListener("change", () => (systemIsDark.value = DARK.matches));
  effect(() => {
    document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
    const isDark = theme.value === "dark" || (theme.value === "system" && systemIsDark.value);
    document.documentElement.dataset["theme"] = isDark ? "dark" : "light";
  });
}

/** A small choice that this browser keeps; a browser that keeps nothing is no trouble. */
export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`baichuan-desktop.${name}`, value);
  } catch {
    // it holds for as long as the page is open
  }
}

/** A choice that was kept, if it is one of these. */
export function kept<T extends string>(name: string, allowed?: readonly T[]): T | undefined {
  try {
    const value = localStorage.getItem(`baichuan-desktop.${name}`) as T | null;
    return value !== null && (!allowed || allowed.includes(value)) ? value : undefined;
  } catch {
    return undefined;
  }
}
