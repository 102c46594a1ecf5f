import { Button, Stack, Text } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import { answerOf } from "../../api/api-problem.ts";
import { useLive } from "../../api/live.ts";
import { Instant } from "../../display/instants.tsx";
import { PageTitle } from "../../display/page-title.tsx";
import { LoadingLines, ProblemNotice } from "../../display/states.tsx";
import { useApi, useWhyNot } from "../../session/console-context.tsx";
import { SendingSection } from "./sending-section.tsx";
import { SettingsView } from "./settings-view.tsx";

const SettingsForm = lazy(async () => ({ default: (await import("./settings-form.tsx")).SettingsForm }));

/** What the organization has decided for itself, and whether its money is sent at all. */
export function SettingsPage() {
  const api = useApi();
  const whyNot = useWhyNot("config.manage");
  const [changing, setChanging] = useState(false);
  const { data, error, refetch } = useLive({
    queryKey: ["settings"],
    queryFn: ({ signal }) => answerOf(api.GET("/v2/settings", { signal })),
  });
  const settings = data?.data;
  return (
    <Stack gap="md">
      <PageTitle
        title="Settings"
        note={
          settings?.updated_at === null ? (
            "All defaults so far"
          ) : (
            <>
              Last changed <Instant at={settings?.updated_at} />
            </>
          )
        }
      >
        {whyNot === undefined && settings !== undefined && !changing && (
          <Button leftSection={<IconPencil size={16} stroke={1.6} />} onClick={() => setChanging(true)}>
            Change settings
          </Button>
        )}
      </PageTitle>
      <SendingSection />
      {whyNot !== undefined && (
        <Text size="sm" c="dimmed">
          You can read the settings, not change them. {whyNot}
        </Text>
      )}
      {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {settings === undefined && error === null && <LoadingLines />}
      {settings !== undefined && !changing && <SettingsView settings={settings} />}
      {settings !== undefined && changing && (
        <Suspense fallback={<LoadingLines />}>
          <SettingsForm settings={settings} onClose={() => setChanging(false)} />
        </Suspense>
      )}
    </Stack>
  );
}
