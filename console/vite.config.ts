import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const everyList =
  /src.list.(list-view|record-table|filter-bar|search-box|record-menu)|src.display|@tanstack.(react-)?table|mantine.core.esm.components.(Checkbox|Select|Combobox|InputBase|InlineInput|Title)/;

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
          // What every page needs, and what every list needs, in one piece each: a hundred small requests take longer.
          groups: [
            { name: "start", tags: ["$initial"], priority: 2 },
            { name: "list", test: everyList, priority: 1 },
          ],
        },
      },
    },
  },
});
