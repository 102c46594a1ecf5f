import { Alert, Button, Code, Group, Skeleton, Stack, Text, ThemeIcon } from "@mantine/core";
import { IconAlertTriangle, IconInbox } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { ApiProblem, NoAnswer } from "../api/api-problem.ts";

/** Nothing here, and what would bring something. */
export function EmptyState({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Stack align="center" gap="xs" py="xl" px="md">
      <ThemeIcon variant="light" color="gray" size="xl" radius="xl">
        <IconInbox size={22} stroke={1.6} />
      </ThemeIcon>
      <Text fw={600}>{title}</Text>
      {children !== undefined && (
        <Text size="sm" c="dimmed" ta="center" maw={420} component="div">
          {children}
        </Text>
      )}
    </Stack>
  );
}

/** What went wrong, what can be done, and under which id it was logged. */
export function ProblemNotice({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  const problem = error instanceof ApiProblem ? error.problem : undefined;
  return (
    <Alert color="red" icon={<IconAlertTriangle size={18} />} title={problem?.title ?? titleOf(error)} role="alert">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{describe(error)}</Text>
        {(problem !== undefined || onRetry !== undefined) && (
          <Group gap="sm">
            {onRetry !== undefined && (
              <Button size="xs" variant="default" onClick={onRetry}>
                Try again
              </Button>
            )}
            {problem !== undefined && (
              <Text size="xs">
                <Code>{problem.code}</Code> request <Code>{problem.request_id}</Code>
              </Text>
            )}
          </Group>
        )}
      </Stack>
    </Alert>
  );
}

function titleOf(error: Error): string {
  return error instanceof NoAnswer ? "No answer" : "This didn’t work";
}

/** The refusal's own words and its advice. */
export function describe(error: Error): string {
  if (!(error instanceof ApiProblem)) return error.message;
  const { detail, title, advice } = error.problem;
  return [detail === title ? "" : sentence(detail), advice].filter((part) => part !== "").join(" ");
}

function sentence(text: string): string {
  // An id at the beginning stays as it is written.
  const start = /^[a-z]+_/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}

const barWidths = ["92%", "78%", "85%", "70%", "88%", "74%"];

/** Bars in place of what is on its way. */
export function LoadingLines({ lines = 6 }: { lines?: number }) {
  return (
    <Stack gap="sm" py="sm" aria-busy="true" aria-label="Loading" role="status">
      {barWidths.slice(0, lines).map((width) => (
        <Skeleton key={width} height={18} width={width} />
      ))}
    </Stack>
  );
}
