import { Button, Group, Paper, Stack, Text, Title, Tooltip } from "@mantine/core";
import { useState } from "react";
import { answerOf } from "../../api/api-problem.ts";
import { Instant } from "../../display/instants.tsx";
import { ProblemNotice } from "../../display/states.tsx";
import { StatusBadge } from "../../display/status-badge.tsx";
import { useApi, useWhyNot } from "../../session/console-context.tsx";
import { currentDestination, formatDestination } from "../payouts/destinations.ts";
import { CoolingOff } from "./cooling-off.tsx";
import type { Payee } from "./payee-values.ts";

type Reading =
  | { readonly step: "masked" | "busy" }
  | { readonly step: "full"; readonly version: number; readonly known: Payee["destinations"] }
  | { readonly step: "failed"; readonly error: Error };

/** Where a payee is paid, which of it is used and from when. Account numbers are masked until somebody asks. */
export function PayeeDestinations({ payee }: { payee: Payee }) {
  const [reading, setReading] = useState<Reading>({ step: "masked" });
  // What was read belongs to the version that it was read of.
  const full = reading.step === "full" && reading.version === payee.version ? reading.known : undefined;
  const destinations = full ?? payee.destinations;
  const used = currentDestination({ destinations });
  const masked = full === undefined && destinations.some(({ provider }) => provider === "xendit");
  return (
    <section aria-labelledby="destinations">
      <Title order={2} id="destinations" mb="xs">
        Destinations
      </Title>
      <Paper withBorder px="md" py="sm">
        <Stack gap="sm">
          {destinations.length === 0 && (
            <Text size="sm">None. What falls due waits, and is sent once there is a Stripe account.</Text>
          )}
          {destinations.map((destination) => (
            <Group key={formatDestination(destination)} justify="space-between" gap="xs">
              <Text size="sm" style={{ overflowWrap: "anywhere" }}>
                {formatDestination(destination)}
              </Text>
              {destination === used ? (
                <Usable payee={payee} />
              ) : (
                <Text size="xs" c="dimmed">
                  {destination.provider === "xendit" ? "kept: nothing is sent through Xendit yet" : "kept, not used"}
                </Text>
              )}
            </Group>
          ))}
          {masked && <ReadNumbers payee={payee} busy={reading.step === "busy"} onReading={setReading} />}
          {reading.step === "failed" && <ProblemNotice error={reading.error} />}
          {payee.destination_changed_at !== null && (
            <Text size="xs" c="dimmed" component="div">
              Changed <Instant at={payee.destination_changed_at} />
              {payee.destination_usable_from !== null && (
                <>
                  , used from <Instant at={payee.destination_usable_from} />
                </>
              )}
            </Text>
          )}
        </Stack>
      </Paper>
    </section>
  );
}

function Usable({ payee }: { payee: Payee }) {
  return (
    <Group gap={4}>
      <StatusBadge status="usable" label="money goes here" />
      <CoolingOff payee={payee} />
    </Group>
  );
}

interface ReadNumbersProps {
  readonly payee: Payee;
  readonly busy: boolean;
  readonly onReading: (reading: Reading) => void;
}

function ReadNumbers({ payee: { id, version }, busy, onReading }: ReadNumbersProps) {
  const api = useApi();
  const reason = useWhyNot("payouts.view_sensitive");
  async function read() {
    onReading({ step: "busy" });
    try {
      const { data: known } = await answerOf(api.GET("/v2/payees/{id}/destinations", { params: { path: { id } } }));
      onReading({ step: "full", version, known });
    } catch (cause) {
      onReading({ step: "failed", error: cause instanceof Error ? cause : new Error(String(cause)) });
    }
  }
  return (
    <Group gap="xs">
      <Tooltip label={reason} disabled={reason === undefined} events={{ hover: true, focus: true, touch: true }}>
        <Button
          size="xs"
          variant="default"
          loading={busy}
          data-disabled={reason !== undefined || undefined}
          aria-disabled={reason !== undefined}
          onClick={() => reason === undefined && void read()}
        >
          Show account numbers
        </Button>
      </Tooltip>
      <Text size="xs" c="dimmed">
        Each read is on record.
      </Text>
    </Group>
  );
}
