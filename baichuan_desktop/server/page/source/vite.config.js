// How the page is built: names without hashes, so that the committed files can be compared.
import { appendFileSync, readFileSync } from "node:fs";
import { defineConfig } from "vite";

const FONTS = ["@fontsource-variable/inter", "@fontsource/jetbrains-mono"];

/** Every browser that runs the page reads woff2: the same font in two older formats is left out. */
const onlyWoff2 = {
  name: "only-woff2",
  enforce: "pre",
  transform(code, id) {
    if (!id.includes("katex") || !id.endsWith(".css")) return null;
    return { code: code.replace(/,url\([^)]+\.(?:woff|ttf)\) format\("[a-z]+"\)/g, ""), map: null };
  },
};

/** Licences of the fonts, which vite does not count among what is bundled. */
const fontLicences = {
  name: "font-licences",
  writeBundle({ dir }) {
    for (const name of FONTS) {
      const { version } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf-8"));
      const licence = readFileSync(`node_modules/${name}/LICENSE`, "utf-8").trim();
      appendFileSync(`${dir}/licences.txt`, `\n## ${name} - ${version} (OFL-1.1)\n\n${licence}\n`);
    }
  },
};

export default defineConfig({
  base: "/page/",
  plugins: [onlyWoff2, fontLicences],
  build: {
    outDir: "../built",
    emptyOutDir: true,
    assetsInlineLimit: 0, // the policy of the page allows no data: address
    chunkSizeWarningLimit: 700, // kB: it comes from this machine, and is kept by the browser
    modulePreload: false,
    target: ["chrome109", "firefox115", "safari16.4"],
    license: { fileName: "licences.txt" },
    rolldownOptions: {
      output: {
        codeSplitting: false,
        entryFileNames: "page.js",
        assetFileNames: (asset) => {
          const name = asset.names[0] ?? "";
          if (name.endsWith(".css")) return "page.css";
          return name.endsWith(".woff2") ? "fonts/[name][extname]" : "[name][extname]";
        },
      },
    },
  },
});
