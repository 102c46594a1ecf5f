import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** One page whose parts are loaded when they are needed; names carry a hash, so that they can be kept for ever. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    target: "es2022",
    // The first that know light-dark(): for older ones it would be taken apart into variables that nothing sets.
    cssTarget: ["chrome123", "edge123", "firefox120", "safari17.5"],
    outDir: "dist",
    emptyOutDir: true,
    // A preload of everything a page imports would fetch what only a dialog needs.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          // All that comes with the page itself in one piece: a request each for a hundred small ones takes longer.
          groups: [{ name: "start", tags: ["$initial"] }],
        },
      },
    },
  },
});
