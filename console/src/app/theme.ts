import { createTheme, type MantineThemeOverride } from "@mantine/core";

/** Calm and dense: one accent, small radii, text that keeps WCAG AA in both schemes. */
/** Days of other months and weekends come in colours that are too pale to read; the former can be reached by going there. */
const calendar = {
  hideOutsideDates: true,
  weekendDays: [],
  ariaLabels: {
    previousMonth: "Month before",
    nextMonth: "Next month",
    previousYear: "Year before",
    nextYear: "Next year",
    previousDecade: "Decade before",
    nextDecade: "Next decade",
    monthLevelControl: "Choose a month",
    yearLevelControl: "Choose a year",
  },
};

export const theme: MantineThemeOverride = createTheme({
  primaryColor: "indigo",
  primaryShade: { light: 7, dark: 7 },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  fontFamily: 'Inter, "Segoe UI", system-ui, -apple-system, Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace',
  headings: { fontWeight: "650", sizes: { h1: { fontSize: "1.375rem" }, h2: { fontSize: "1.0625rem" } } },
  components: {
    // A title in the alert's own colour is too pale to read on its ground.
    Alert: { styles: { label: { color: "var(--mantine-color-text)" } } },
    Button: { defaultProps: { size: "sm" } },
    TextInput: { defaultProps: { size: "sm" } },
    Modal: {
      defaultProps: {
        centered: true,
        overlayProps: { backgroundOpacity: 0.45, blur: 2 },
        closeButtonProps: { "aria-label": "Close" },
      },
    },
    Drawer: { defaultProps: { closeButtonProps: { "aria-label": "Close" } } },
    Notification: { defaultProps: { closeButtonProps: { "aria-label": "Close" } } },
    DatePicker: { defaultProps: calendar },
    DateInput: { defaultProps: calendar },
    DatePickerInput: { defaultProps: calendar },
    DateTimePicker: { defaultProps: calendar },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 250, multiline: true, maw: 320 } },
    // Without the placeholder the first item has the focus, and a menu contains nothing but items.
    Menu: {
      defaultProps: { shadow: "md", position: "bottom-end", withinPortal: true, withInitialFocusPlaceholder: false },
    },
  },
});
