import { Code, Group, Loader, Modal, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { describeBadLine } from "../../../../shared/audit/chain-rules.ts";
import { answerOf } from "../../api/api-problem.ts";
import { useLive } from "../../api/live.ts";
import { CopyableId, shortId } from "../../display/ids.tsx";
import { ProblemNotice } from "../../display/states.tsx";
import { StatusBadge } from "../../display/status-badge.tsx";
import { useConsole } from "../../session/console-context.tsx";
import { DownloadLines } from "./download-lines.tsx";
import { entityWords } from "./entry-words.ts";
import { ExactInstant } from "./field-view.tsx";
import type { NamedRecord } from "./named-record.ts";
import { type RecordVerdict, verifyRecord } from "./verify-record.ts";

interface VerifyDialogProps {
  readonly record: NamedRecord;
  readonly onClose: () => void;
}

/** Fetches a record's whole chain and checks it here, anew each time it is opened. */
export function VerifyDialog({ record, onClose }: VerifyDialogProps) {
  const { data: verdict, error, progress, refetch } = useVerification(record);
  const name = `${entityWords[record.entityType]} ${shortId(record.entityId)}`;
  return (
    <Modal opened onClose={onClose} title={`The chain of ${name}`} size="lg">
      <Stack gap="md">
        <div aria-live="polite">
          {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
          {error === null && verdict === undefined && (
            <Group gap="sm">
              <Loader size="sm" />
              <Text size="sm">{progress.toLocaleString("en-US")} entries checked so far</Text>
            </Group>
          )}
          {verdict !== undefined && <VerdictView verdict={verdict} />}
        </div>
        <Text size="sm" c="dimmed">
          Your browser fetched the record’s lines and computed every hash itself, by the rules of the offline verifier.
          It can only check what the API gave it: whether the newest lines were left out can’t be seen from the others.
          To rule that out, compare the head hash with one that was kept elsewhere, or check an export on a machine of
          your own: <Code>npm run verify-audit -- FILE</Code>
        </Text>
        <DownloadLines record={record} />
      </Stack>
    </Modal>
  );
}

function useVerification({ entityType, entityId }: NamedRecord) {
  const { api, me } = useConsole();
  const [run] = useState(() => crypto.randomUUID());
  const [progress, setProgress] = useState(0);
  const path = { entity_type: entityType, entity_id: entityId };
  const query = useLive({
    queryKey: ["payout-audit-log", "verification", entityType, entityId, run],
    queryFn: ({ signal }) =>
      verifyRecord({
        record: { organization_id: me.organization_id, ...path },
        fetchPage: (cursor) =>
          answerOf(
            api.GET("/v2/payout-audit-log/{entity_type}/{entity_id}", {
              params: { path, query: { limit: 100, ...(cursor === undefined ? {} : { cursor }) } },
              signal,
            }),
          ),
        onProgress: setProgress,
      }),
    still: true,
  });
  return { ...query, progress };
}

function VerdictView({ verdict }: { verdict: RecordVerdict }) {
  const { ok, lines, flagged, firstBad, first, head, whole } = verdict;
  const count = `${lines.toLocaleString("en-US")} ${lines === 1 ? "entry" : "entries"}`;
  return (
    <Stack gap="xs" data-verdict={ok ? "intact" : "broken"}>
      <Group gap="xs">
        <StatusBadge status={ok ? "intact" : "broken"} label={ok ? "intact" : "not intact"} />
        <Text size="sm" fw={600}>
          {ok ? `${count} intact` : `${count} looked at`}
        </Text>
      </Group>
      {firstBad !== undefined && (
        <Text size="sm" style={{ overflowWrap: "anywhere" }}>
          {describeBadLine(firstBad)}
        </Text>
      )}
      {ok && first !== undefined && head !== undefined && (
        <>
          <Text size="sm">
            From <ExactInstant at={first.at} /> to <ExactInstant at={head.at} />
          </Text>
          <div>
            <Text size="sm">Head hash</Text>
            <CopyableId id={head.hash} />
          </div>
        </>
      )}
      {flagged > 0 && (
        <Text size="sm">
          {flagged} {flagged === 1 ? "tells" : "tell"} of a change that no command made. They are part of the chain.
        </Text>
      )}
      {!whole && (
        <Text size="sm">The record has more entries than are checked here; the rest is for the offline verifier.</Text>
      )}
    </Stack>
  );
}
