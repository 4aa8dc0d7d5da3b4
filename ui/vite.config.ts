import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The pages may be served below a path of a proxy: everything is found relative to <base>.
export default defineConfig({
  base: "./",
  plugins: [react()],
  build: {
    assetsDir: "static",
    target: "es2022",
    chunkSizeWarningLimit: 2000,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    proxy: Object.fromEntries(
      ["/api", "/auth", "/ui"].map((p) => [p, { target: process.env.TRADEWIND_URL ?? "http://localhost:8080" }]),
    ),
  },
});
