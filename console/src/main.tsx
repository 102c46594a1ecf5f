import "@mantine/core/styles.layer.css";
import "@mantine/notifications/styles.layer.css";
import "./app/app.css";
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createConsoleRouter, preloadPage } from "./app/router.tsx";
import { theme } from "./app/theme.ts";
import { ProblemNotice } from "./display/states.tsx";
import { readConfig } from "./session/config.ts";
import { openConsole } from "./session/open-console.ts";

const container = document.getElementById("root");
if (container === null) throw new Error("the page has no root");

const page = createRoot(container);
const around = (content: React.ReactNode) => (
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      {content}
    </MantineProvider>
  </StrictMode>
);

try {
  preloadPage(location.pathname);
  const config = await readConfig();
  const router = createConsoleRouter({ config, ...(await openConsole(config)) });
  page.render(
    around(
      <QueryClientProvider client={new QueryClient()}>
        <Notifications position="bottom-right" limit={4} />
        <RouterProvider router={router} />
      </QueryClientProvider>,
    ),
  );
} catch (error) {
  page.render(
    around(
      <ProblemNotice
        error={error instanceof Error ? error : new Error(String(error))}
        onRetry={() => location.reload()}
      />,
    ),
  );
}
