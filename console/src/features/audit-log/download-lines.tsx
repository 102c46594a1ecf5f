import { Button, Group, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { ProblemNotice } from "../../display/states.tsx";
import { exportPageOf } from "../../list/export-page.ts";
import { saveFile } from "../../list/save-file.ts";
import { useApi, useWhyNot } from "../../session/console-context.tsx";
import type { NamedRecord } from "./named-record.ts";

/** The record's lines as a file that the offline verifier takes. */
export function DownloadLines({ record }: { record: NamedRecord }) {
  const api = useApi();
  const barred = useWhyNot("payouts.export");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();

  async function run() {
    setBusy(true);
    setError(undefined);
    const { entityType: entity_type, entityId: entity_id } = record;
    const parts: string[] = [];
    let cursor: string | undefined;
    try {
      do {
        const query = { entity_type, entity_id, format: "jsonl" as const, ...(cursor === undefined ? {} : { cursor }) };
        const page = await exportPageOf(api.GET("/v2/payout-audit-log/export", { params: { query }, parseAs: "text" }));
        parts.push(page.csv);
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      saveFile({
        name: `${entity_type}-${entity_id}.jsonl`.replaceAll(/[^\w.-]/g, "_"),
        type: "application/x-ndjson",
        parts,
      });
    } catch (cause) {
      setError(cause instanceof Error ? cause : new Error(String(cause)));
    }
    setBusy(false);
  }

  return (
    <>
      {error !== undefined && <ProblemNotice error={error} />}
      <Group gap="sm">
        <Button
          variant="default"
          leftSection={<IconDownload size={16} stroke={1.6} />}
          loading={busy}
          disabled={barred !== undefined}
          onClick={() => void run()}
        >
          Download the lines
        </Button>
        <Text size="xs" c="dimmed" flex={1}>
          {barred ?? "For the offline verifier, one line of JSON each. Exports are written down in the audit log."}
        </Text>
      </Group>
    </>
  );
}
