import ipaddr from "ipaddr.js";
import type { Settings } from "../domain/model.ts";

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** An IPv4 address inside of IPv6 (`::ffff:203.0.113.7`) is the IPv4 address. */
const MAPPED_PREFIX_BITS = 96;

/** A zone is of one machine only, and `::203.0.113.7` is no mapped address, though the parser takes it for one. */
const OTHER_NOTATION = /%|^::\d+\./;

/** Four decimal numbers or IPv6: the other ways to write an IPv4 address (octal, fewer parts) mean different things to different readers. */
function parseAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (OTHER_NOTATION.test(text) || !ipaddr.IPv6.isValid(text)) return undefined;
  return ipaddr.IPv6.parse(text);
}

interface Range {
  readonly network: Address;
  readonly bits: number;
}

function parseRange(text: string): Range | undefined {
  const match = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text);
  const network = match?.[1] === undefined ? undefined : parseAddress(match[1]);
  if (network === undefined) return undefined;
  const bits = Number(match?.[2]);
  const width = network.kind() === "ipv4" ? 32 : 128;
  if (bits > width) return undefined;
  if (network instanceof ipaddr.IPv6 && network.isIPv4MappedAddress() && bits >= MAPPED_PREFIX_BITS) {
    return { network: network.toIPv4Address(), bits: bits - MAPPED_PREFIX_BITS };
  }
  return { network, bits };
}

function hasHostBits({ network, bits }: Range): boolean {
  return network.toByteArray().some((byte, index) => {
    const hostBits = Math.min(8, Math.max(0, (index + 1) * 8 - bits));
    return byte % 2 ** hostBits !== 0;
  });
}

export type ParsedCidr = { readonly ok: true; readonly cidr: string } | { readonly ok: false; readonly reason: string };

/** An address range in its one canonical form. Host bits are refused, since they show that something else was meant. */
export function parseCidr(text: string): ParsedCidr {
  const range = parseRange(text);
  if (range === undefined) return { ok: false, reason: "this is no address range" };
  if (hasHostBits(range)) return { ok: false, reason: "it has bits behind its prefix" };
  return { ok: true, cidr: `${range.network.toString()}/${range.bits}` };
}

/**
 * True where an organization has no allow-list or the address is on it. `sourceIp` is what API Gateway has seen; an
 * address that can't be read is on no list.
 */
export function addressAllowed(settings: Pick<Settings, "allowedCidrs"> | undefined, sourceIp: string): boolean {
  const ranges = settings?.allowedCidrs ?? [];
  if (ranges.length === 0) return true;
  const parsed = parseAddress(sourceIp);
  if (parsed === undefined) return false;
  const address = ipaddr.process(parsed.toString());
  return ranges.some((text) => {
    const range = parseRange(text);
    return range !== undefined && range.network.kind() === address.kind() && address.match(range.network, range.bits);
  });
}
