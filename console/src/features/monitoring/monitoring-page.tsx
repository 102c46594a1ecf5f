import { Group, SegmentedControl, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense } from "react";
import { answerOf } from "../../api/api-problem.ts";
import { useLive } from "../../api/live.ts";
import { Instant } from "../../display/instants.tsx";
import { PageTitle } from "../../display/page-title.tsx";
import { EmptyState, LoadingLines, ProblemNotice } from "../../display/states.tsx";
import { useListState } from "../../list/use-list.ts";
import { useApi, useConsole } from "../../session/console-context.tsx";
import type { Wire } from "../../session/me.ts";
import { SendingSection } from "../settings/sending-section.tsx";
import { FigureCards } from "./figure-cards.tsx";
import { FunctionTable } from "./function-table.tsx";
import { QueueTable } from "./queue-table.tsx";

const SeriesCharts = lazy(async () => ({ default: (await import("./series-charts.tsx")).SeriesCharts }));
const DeadLetterDrawer = lazy(async () => ({ default: (await import("./dead-letter-drawer.tsx")).DeadLetterDrawer }));

export type Monitoring = Wire["Monitoring"];

const windows = [
  { value: "1", label: "1 h" },
  { value: "24", label: "24 h" },
  { value: "168", label: "7 d" },
];
const DEFAULT_WINDOW = "24";

/** How the whole deployment does, for those who run it. */
export function MonitoringPage() {
  const { me } = useConsole();
  if (me.platform_operator) return <Platform />;
  return (
    <Stack gap="md">
      <PageTitle title="Monitoring" />
      <EmptyState title="This is about the whole platform">
        Only staff of the organization that runs it sees this. Your own organization’s sending can be paused in the{" "}
        <Link to="/settings" search={{}}>
          settings
        </Link>
        .
      </EmptyState>
    </Stack>
  );
}

function Platform() {
  const api = useApi();
  const { search, change } = useListState();
  const hours = windows.find(({ value }) => value === search.hours)?.value ?? DEFAULT_WINDOW;
  const { data, error, refetch, isPlaceholderData } = useLive({
    queryKey: ["monitoring", hours],
    queryFn: ({ signal }) =>
      answerOf(api.GET("/v2/monitoring", { params: { query: { hours: Number(hours) } }, signal })),
  });
  const facts = data?.data;
  const open = facts?.queues.find(({ name }) => name === search.open);
  return (
    <Stack gap="md">
      <PageTitle title="Monitoring" note="The whole platform, every organization’s work">
        <SegmentedControl
          data={windows}
          value={hours}
          onChange={(value) => change({ hours: value === DEFAULT_WINDOW ? undefined : value })}
          aria-label="Window of the figures"
        />
      </PageTitle>
      <SendingSection platform />
      {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {facts === undefined && error === null && <LoadingLines />}
      {facts !== undefined && (
        <Stack gap="md" style={{ opacity: isPlaceholderData ? 0.6 : 1 }} aria-busy={isPlaceholderData}>
          <FigureCards facts={facts} />
          <Section
            title="Over time"
            note={
              <>
                Since <Instant at={facts.window.from} />. The last two minutes may be missing.
              </>
            }
          >
            <Suspense fallback={<LoadingLines />}>
              <SeriesCharts series={facts.series} />
            </Suspense>
          </Section>
          <Section title="Failure queues" note="What could not be handled ends here; nothing is lost.">
            <QueueTable queues={facts.queues} onOpen={(queue) => change({ open: queue.name })} />
          </Section>
          <Section title="Functions" note="Those that fail come first.">
            <FunctionTable functions={facts.functions} />
          </Section>
        </Stack>
      )}
      <Suspense fallback={null}>
        {open !== undefined && <DeadLetterDrawer queue={open} onClose={() => change({ open: undefined })} />}
      </Suspense>
    </Stack>
  );
}

function Section({ title, note, children }: { title: string; note: ReactNode; children: ReactNode }) {
  return (
    <section>
      <Group gap="xs" align="baseline" mb="xs">
        <Title order={2}>{title}</Title>
        <Text size="sm" c="dimmed" component="div">
          {note}
        </Text>
      </Group>
      {children}
    </section>
  );
}
