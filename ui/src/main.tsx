import { createTheme, MantineProvider, Tooltip } from "@mantine/core";
import "@mantine/core/styles.layer.css";
import "@mantine/notifications/styles.layer.css";
import "@mantine/spotlight/styles.layer.css";
import "./app.css";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router/dom";
import { startLanguage } from "./i18n";
import { client } from "./live";
import { StateSprite } from "./parts/state";
import { router } from "./router";
import { SettingsProvider } from "./settings";

const theme = createTheme({
  colors: {
    dark: ["#dfe5ea", "#c3ccd4", "#a9b5c0", "#7f8c99", "#4a5663", "#36414c", "#232b33", "#1a2027", "#151b21", "#0e1318"],
    wind: ["#f0fbf8", "#dcf5ee", "#b5e8d9", "#86d8c0", "#58c5a6", "#2fae8c", "#179372", "#0b7a5e", "#0a6b53", "#085744"],
  },
  primaryColor: "wind",
  primaryShade: { light: 8, dark: 7 },
  autoContrast: true,
  luminanceThreshold: 0.32,
  fontFamily:
    'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans KR", "Noto Sans CJK KR", "Apple SD Gothic Neo", "Malgun Gothic", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", "DejaVu Sans Mono", monospace',
  defaultRadius: "sm",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: { Tooltip: Tooltip.extend({ defaultProps: { withArrow: true } }) },
});

startLanguage().then(() =>
  createRoot(document.getElementById("root")!).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto">
        <StateSprite />
        <Notifications position="bottom-right" />
        <QueryClientProvider client={client}>
          <SettingsProvider>
            <RouterProvider router={router} />
          </SettingsProvider>
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  ),
);
