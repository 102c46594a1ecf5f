import { Button, Drawer, Group, Stack, Text } from "@mantine/core";
import { IconRefresh, IconRotateClockwise } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import { answerOf } from "../../api/api-problem.ts";
import { useLive } from "../../api/live.ts";
import { EmptyState, LoadingLines, ProblemNotice } from "../../display/states.tsx";
import { useApi, useWhyNot } from "../../session/console-context.tsx";
import { DeadLetterItem } from "./dead-letter-item.tsx";
import classes from "./monitoring.module.css";
import type { Monitoring } from "./monitoring-page.tsx";

const RedriveDialog = lazy(async () => ({ default: (await import("./redrive-dialog.tsx")).RedriveDialog }));

/** That many go back in one request. */
export const MOST_AT_ONCE = 100;

type Queue = Monitoring["queues"][number];

/** What a failure queue holds. It is read once and on demand, not polled: each look is on record and counts as a receive. */
export function DeadLetterDrawer({ queue, onClose }: { queue: Queue; onClose: () => void }) {
  const { name, holds, remedy, redrivable } = queue;
  const api = useApi();
  const whyNoRedrive = useWhyNot("config.manage");
  // Opened again, it is looked at again.
  const [opened] = useState(() => crypto.randomUUID());
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [redriving, setRedriving] = useState<readonly string[] | "all">();
  const { data, error, refetch, isFetching } = useLive({
    queryKey: ["monitoring", "dead-letters", name, opened],
    queryFn: ({ signal }) =>
      answerOf(api.GET("/v2/monitoring/dead-letters", { params: { query: { queue: name } }, signal })),
    still: true,
  });
  const letters = data?.data.dead_letters;
  const messages = data?.data.messages ?? queue.messages;
  const selected = letters?.filter(({ id }) => chosen.includes(id)).map(({ id }) => id) ?? [];
  const redrivableIds = letters?.filter((letter) => letter.redrivable).map(({ id }) => id) ?? [];
  const mayRedrive = redrivable && whyNoRedrive === undefined;
  const toggle = (id: string) => setChosen(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);

  return (
    <Drawer opened onClose={onClose} position="right" size="min(48rem, 100%)" title={name}>
      <Stack gap="sm">
        <Text size="sm">{holds}.</Text>
        <Text size="sm">{remedy}.</Text>
        <Group gap="xs">
          <Button
            variant="default"
            size="xs"
            leftSection={<IconRefresh size={16} />}
            loading={isFetching}
            onClick={() => void refetch()}
          >
            Look again
          </Button>
          {mayRedrive && redrivableIds.length > 0 && (
            <>
              <Button
                size="xs"
                variant="default"
                disabled={selected.length === 0}
                onClick={() => setRedriving(selected)}
              >
                Redrive {selected.length === 0 ? "selected" : selected.length}
              </Button>
              <Button size="xs" leftSection={<IconRotateClockwise size={16} />} onClick={() => setRedriving("all")}>
                Redrive {messages > MOST_AT_ONCE ? `the first ${MOST_AT_ONCE}` : "all"}
              </Button>
            </>
          )}
        </Group>
        {redrivable && whyNoRedrive !== undefined && (
          <Text size="sm" c="dimmed">
            You can’t redrive. {whyNoRedrive}
          </Text>
        )}
        {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
        {letters === undefined && error === null && <LoadingLines />}
        {letters !== undefined && letters.length === 0 && (
          <EmptyState title="Nothing to see">
            {messages === 0
              ? "The queue is empty."
              : "The queue holds something that somebody else is looking at right now. Look again in a minute."}
          </EmptyState>
        )}
        {letters !== undefined && letters.length > 0 && (
          <>
            <Text size="sm" c="dimmed" aria-live="polite">
              {letters.length} shown of about {Math.max(messages, letters.length)}. Each look is on record.
            </Text>
            <ul className={classes.letters}>
              {letters.map((letter) => (
                <DeadLetterItem
                  key={letter.id}
                  letter={letter}
                  {...(mayRedrive ? { selected: chosen.includes(letter.id), onToggle: () => toggle(letter.id) } : {})}
                />
              ))}
            </ul>
          </>
        )}
      </Stack>
      <Suspense fallback={null}>
        {redriving !== undefined && (
          <RedriveDialog
            queue={queue}
            messages={Math.max(messages, letters?.length ?? 0)}
            {...(redriving === "all" ? {} : { ids: redriving })}
            onClose={() => {
              setRedriving(undefined);
              setChosen([]);
            }}
          />
        )}
      </Suspense>
    </Drawer>
  );
}
