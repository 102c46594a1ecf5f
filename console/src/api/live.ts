import {
  keepPreviousData,
  type QueryClient,
  type QueryKey,
  type UseQueryResult,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useCallback } from "react";
import { ApiProblem, NotSignedIn } from "./api-problem.ts";

/** How often what is on the screen is asked for again; unchanged answers are empty (304). */
const POLL_MS = 10_000;
/** After a deed its consequences arrive within seconds: transfers, counters, audit lines. */
const QUICK_POLL_MS = 1_000;
const QUICK_FOR_MS = 12_000;

let quickUntil = 0;

interface Live<Data> {
  readonly queryKey: QueryKey;
  readonly queryFn: (context: { signal: AbortSignal }) => Promise<Data>;
  readonly enabled?: boolean;
  /** Asked for once and kept: what doesn't change while somebody looks. */
  readonly still?: boolean;
}

/**
 * What the screen shows, kept up to date. This is the one place to change when updates are pushed one day. Pages that
 * aren't visible don't ask.
 */
export function useLive<Data>({ queryKey, queryFn, enabled = true, still = false }: Live<Data>): UseQueryResult<Data> {
  return useQuery({
    queryKey,
    queryFn,
    enabled,
    placeholderData: keepPreviousData,
    staleTime: still ? Number.POSITIVE_INFINITY : 2_000,
    refetchInterval: still ? false : () => (Date.now() < quickUntil ? QUICK_POLL_MS : POLL_MS),
    retry: (failures, error) => failures < 2 && worthRetrying(error),
  });
}

/** A refusal stays one; a busy or unreachable API may answer a moment later. */
function worthRetrying(error: Error): boolean {
  if (error instanceof ApiProblem) return error.problem.status >= 500;
  return !(error instanceof NotSignedIn);
}

/** To be called after each deed: everything shown is asked for again, and often for a while. */
export function useRefresh(): () => Promise<void> {
  const queries = useQueryClient();
  return useCallback(() => refresh(queries), [queries]);
}

async function refresh(queries: QueryClient): Promise<void> {
  quickUntil = Date.now() + QUICK_FOR_MS;
  await queries.invalidateQueries();
}
