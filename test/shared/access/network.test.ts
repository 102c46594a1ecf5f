import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressAllowed, parseCidr } from "../../../shared/access/network.ts";

const allowed = (sourceIp: string, ...allowedCidrs: string[]) => addressAllowed({ allowedCidrs }, sourceIp);

describe("an address range", () => {
  it.each([
    ["203.0.113.0/24", "203.0.113.0/24"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["203.0.113.7/32", "203.0.113.7/32"],
    ["2001:DB8:0:0::/32", "2001:db8::/32"],
    ["::ffff:203.0.113.0/120", "203.0.113.0/24"],
    ["::/0", "::/0"],
  ])("%s is kept as %s", (text, cidr) => {
    expect(parseCidr(text)).toEqual({ ok: true, cidr });
  });

  it.each(["203.0.113.7/24", "10.0.0.1/31", "2001:db8::1/64", "::ffff:203.0.113.1/120", "128.0.0.0/0"])(
    "%s has bits behind its prefix and is refused",
    (text) => expect(parseCidr(text)).toEqual({ ok: false, reason: "it has bits behind its prefix" }),
  );

  it.each([
    ...["", "203.0.113.7", "203.0.113.0/", "/24", "203.0.113.0/33", "203.0.113.0/-1", "203.0.113.0/024"],
    ...["10.1/16", "010.0.0.0/8", "0x0a.0.0.0/8", "167772160/8", "2001:db8::/129", "fe80::%eth0/64", "10.0.0.0/8/8"],
    ...["10.0.0.0/8 ", "example.com/24"],
  ])("%j is none", (text) => {
    expect(parseCidr(text)).toEqual({ ok: false, reason: "this is no address range" });
  });

  it("of any length has no host bits exactly where cutting them changes nothing", () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 32 - 1 }), fc.nat({ max: 32 }), (address, bits) => {
        const dotted = [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
        const cut = Math.floor(address / 2 ** (32 - bits)) * 2 ** (32 - bits);
        expect(parseCidr(`${dotted}/${bits}`).ok).toBe(cut === address);
      }),
    );
  });
});

describe("an address", () => {
  it("is allowed from everywhere without a list", () => {
    expect(addressAllowed(undefined, "198.51.100.1")).toBe(true);
    expect(addressAllowed({}, "not an address")).toBe(true);
    expect(allowed("198.51.100.1")).toBe(true);
  });

  it.each([
    ["203.0.113.0", true],
    ["203.0.113.255", true],
    ["::ffff:203.0.113.7", true],
    ["203.0.112.255", false],
    ["203.0.114.0", false],
    ["2001:db8::1", false],
    ["::203.0.113.7", false],
  ])("%s against 203.0.113.0/24: %s", (sourceIp, expected) => {
    expect(allowed(sourceIp, "203.0.113.0/24")).toBe(expected);
  });

  it.each([
    ["2001:db8:ffff::1", true],
    ["2001:0DB8::0001", true],
    ["2001:db9::1", false],
    ["32.1.13.184", false],
  ])("%s against 2001:db8::/32: %s", (sourceIp, expected) => {
    expect(allowed(sourceIp, "2001:db8::/32")).toBe(expected);
  });

  it("is allowed by any range of the list", () => {
    expect(allowed("10.1.2.3", "203.0.113.0/24", "2001:db8::/32", "10.0.0.0/8")).toBe(true);
  });

  it.each([
    "",
    "unknown",
    "203.0.113.7, 198.51.100.1",
    "0313.0.0161.7",
    "203.0.113",
    "203.0.113.7:443",
    "fe80::1%eth0",
  ])("that can't be read (%j) is on no list, whatever the list", (sourceIp) =>
    expect(allowed(sourceIp, "0.0.0.0/0", "::/0")).toBe(false),
  );

  it("is not allowed by a range that can't be read", () => {
    expect(allowed("203.0.113.7", "everywhere")).toBe(false);
  });
});
