// Runs src/**/*.test.ts: bundled into a folder of their own and given to node's test runner.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";

const input = readdirSync("src", { recursive: true })
  .filter((f) => f.endsWith(".test.ts"))
  .map((f) => join("src", f));
const outDir = mkdtempSync(join(tmpdir(), "tw-ui-test-"));
try {
  const rollupOptions = { input, output: { entryFileNames: "[name].mjs" } };
  await build({
    configFile: false,
    logLevel: "error",
    ssr: { noExternal: true },
    build: { ssr: true, outDir, emptyOutDir: true, rollupOptions },
  });
  const files = readdirSync(outDir).filter((f) => f.endsWith(".test.mjs"));
  process.exitCode =
    spawnSync(process.execPath, ["--test", ...files.map((f) => join(outDir, f))], { stdio: "inherit" }).status ?? 1;
} finally {
  rmSync(outDir, { recursive: true, force: true });
}
