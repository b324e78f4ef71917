import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeItem, decodeStrict } from "./strict-json.ts";

function faultOf(body: string | Uint8Array): string {
  try {
    const [item] = decodeStrict(body).items;
    return item !== undefined && "fault" in item ? `${item.fault.code}: ${item.fault.detail}` : "accepted";
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return `${code}: ${message}`;
  }
}

const shown = (text: string): string => JSON.stringify(text.slice(0, 40));

const labelled = ([text = "", words = ""]: string[]) => ({ label: shown(text), text, words });

const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;

describe("what would be changed by reading it is refused, with the place", () => {
  test.each(
    [
      ['{"a":1,"a":2}', "/a is there twice"],
      ['{"x":{"a":1,"b":0,"\\u0061":2}}', "/x/a is there twice"],
      ['{"d":{"__proto__":{"admin":true}}}', "/d/__proto__ is a reserved key"],
      ['{"d":{"\\u005f_proto__":1}}', "/d/__proto__ is a reserved key"],
      ['{"a":"x\\u0000y"}', "/a holds NUL"],
      ['{"a\\u0000":1}', "holds NUL"],
      ['{"a":["\\ud800"]}', "/a/0 holds half of a surrogate pair"],
      ['{"a":"\\udc00\\ud800"}', "half of a surrogate pair"],
      ['{"id":9007199254740993}', "beyond 2^53"],
      ['{"id":-123456789012345678901}', "beyond 2^53"],
      ['{"a":1e400}', "too large for a number"],
      ['{"a":1e-400}', "too small for a number"],
      ['{"a/b":{"~":1,"~":2}}', "/a~1b/~0 is there twice"],
      [nested(65), "deeper than 64"],
      [nested(10_000), "deeper than 64"],
    ].map(labelled),
  )("$label: $words", ({ text, words }) => {
    expect(faultOf(text)).toMatch(/^unsafe_json: /);
    expect(faultOf(text)).toContain(words);
  });
});

describe("what is kept as it is, is accepted", () => {
  test.each(
    [
      ['{"a":1}', true],
      [nested(64), true],
      ['{"constructor":{"prototype":1}}', true],
      ['{"a":"__proto__"}', true],
      ['{"a":"C:\\\\udata\\\\u0000"}', true],
      ['{"a":"😀é\u2028"}', true],
      ['{"a":9007199254740991}', true],
      ['{ "a": 1 }', false],
      ['{"a":1.0}', false],
      ['{"a":-0}', false],
      ['{"a":"\\u0041"}', false],
      ['{"a":"\\ud83d\\ude00"}', false],
      ['{"a":3.14159265358979323846}', false],
      ['{"2":1,"1":2}', false],
    ].map(([text, canonical]) => ({ label: shown(String(text)), text: String(text), canonical })),
  )("$label (canonical: $canonical)", ({ text, canonical }) => {
    const [item] = decodeStrict(text).items;
    expect(item).toEqual({ value: JSON.parse(text), text, canonical });
  });
});

describe("a body that is not JSON is refused whole, with line and column", () => {
  test.each(
    [
      ['{"a":1', "Line 1, column 7"],
      ['{"a":1,}', "Line 1, column 8"],
      ["[{},]", "Line 1, column 5"],
      ['[\n{"a":1},\n{"b":x}\n]', "Line 3, column 6"],
      ["[{}", "Line 1, column 4"],
      ["{'a':1}", "Line 1, column 2"],
      ['{"a":1} // why', "Line 1"],
      ['{"a":01}', "Line 1"],
      ['{"a":"\t"}', "Line 1"],
      ["nul", "Line 1, column 1"],
      ["", "The body is empty"],
      [" \n ", "The body is empty"],
      ['\ufeff{"a":1}', "byte order mark"],
      ['{"a":1}{"b":', "Line 1"],
      ['{"a":\u00a01}', "Line 1"],
      ["[".repeat(1_000_000), "deeper than 64"],
    ].map(labelled),
  )("$label: $words", ({ text, words }) => {
    expect(faultOf(text)).toMatch(/^malformed_json: /);
    expect(faultOf(text)).toContain(words);
  });

  test.each([
    ["a lone continuation byte", Buffer.from([0x7b, 0x80, 0x7d]), "Byte 1 "],
    ["an overlong form", Buffer.from([0x22, 0xc0, 0xaf, 0x22]), "Byte 1 "],
    ["an encoded surrogate", Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), "Byte 1 "],
    ["a character that is cut off", Buffer.from([0x22, 0x41, 0xe2, 0x82]), "Byte 2 "],
    ["UTF-16", Buffer.from("\ufeff{}", "utf16le"), "UTF-16"],
  ])("%s is invalid UTF-8", (_name, bytes, words) => {
    expect(faultOf(bytes)).toMatch(/^invalid_utf8: /);
    expect(faultOf(bytes)).toContain(words);
  });
});

describe("the shapes of a body", () => {
  const values = (text: string): unknown[] =>
    decodeStrict(text).items.map((item) => ("fault" in item ? item.fault.code : item.value));

  test.each([
    ["object", '{"a":1}', [{ a: 1 }]],
    ["object", ' {"a":1}\n', [{ a: 1 }]],
    ["array", '[{"a":1},{"a":2}]', [{ a: 1 }, { a: 2 }]],
    ["array", '[ {"a": 1} ,\n {"a":2} ]', [{ a: 1 }, { a: 2 }]],
    ["array", "[]", []],
    ["array", '[1,"a,]",null]', [1, "a,]", null]],
    ["lines", '{"a":1}\n{"a":2}\n', [{ a: 1 }, { a: 2 }]],
    ["lines", '{"a":1}\r\n\r\n{"a":2}', [{ a: 1 }, { a: 2 }]],
    ["lines", '{"a":1}\n{"a":\n{"a":3}', [{ a: 1 }, "malformed_json", { a: 3 }]],
    ["lines", '{"a":\n{"a":2}', ["malformed_json", { a: 2 }]],
    ["lines", '{"a":1}\n{"a":1,"a":2}\n{"a":3}', [{ a: 1 }, "unsafe_json", { a: 3 }]],
    ["sequence", '{"a":1}{"a":2}', [{ a: 1 }, { a: 2 }]],
    ["sequence", '{\n  "a": "}{"\n}\n{\n  "a": 2\n}', [{ a: "}{" }, { a: 2 }]],
    ["array", '[{"a":1},{"b":1,"b":2},{"a":3}]', [{ a: 1 }, "unsafe_json", { a: 3 }]],
  ])("%s: %j", (shape, text, expected) => {
    expect(decodeStrict(text).shape).toBe(shape);
    expect(values(text)).toEqual(expected);
  });

  test("a refused line is named by its physical line", () => {
    const refused = decodeStrict('{"a":1}\n\n{"a":\n{"a":3}').items.filter((item) => "fault" in item);
    expect(refused.map(({ line }) => line)).toEqual([3]);
  });

  test("more values than the limit are refused, in every shape", () => {
    for (const body of ["[{},{},{}]", "{}\n{}\n{}", "{}{}{}"]) {
      expect(() => decodeStrict(body, 2)).toThrow(/at most 2/);
    }
  });

  test("a value over 256 KiB is refused and its neighbours are not", () => {
    const big = JSON.stringify({ a: "x".repeat(256 * 1024) });
    expect(values(`[{"b":1},${big},{"b": 2}]`)).toEqual([{ b: 1 }, "too_large", { b: 2 }]);
    expect(values(`[{"b":1},${big}]`)).toEqual([{ b: 1 }, "too_large"]);
    expect(values(`{"b":1}\n${big}`)).toEqual([{ b: 1 }, "too_large"]);
    expect(values(`{"b":1}{"c": 1}${big}`)).toEqual([{ b: 1 }, { c: 1 }, "too_large"]);
  });
});

test("any JSON object survives: its text is written again exactly, or kept", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ maxDepth: 4 })),
      fc.nat(3),
      (object, space) => {
        const text = JSON.stringify(object, null, space);
        const item = decodeItem(text);
        if ("fault" in item) {
          expect(item.fault.code).toBe("unsafe_json");
          return;
        }
        expect(item.canonical ? JSON.stringify(item.value) : item.text).toBe(text);
      },
    ),
  );
});

test("white space between the tokens changes no verdict", () => {
  const texts = fc.oneof(
    fc
      .dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ maxDepth: 2 }))
      .map((value) => JSON.stringify(value)),
    fc.constantFrom(
      ...['{"a":"x y","a":"xy"}', '{"a":1,"b":{"a":1,"a":1}}', '{"__proto__":1}', '{"a":"\\\\","b":"\\" "}'],
      ...[
        '{"a":"x\\u0000"}',
        '{"a":["\\ud800"]}',
        '{"a":9007199254740993}',
        '{"a":1e400}',
        '{"a":1.0}',
        '{"2":1,"1":2}',
      ],
    ),
  );
  const spaces = fc.array(fc.constantFrom("", " ", "\n", "\t ", "\r\n"), { minLength: 1 });
  fc.assert(
    fc.property(texts, spaces, (text, between) => {
      const tokens = text.match(/"(?:[^"\\]|\\.)*"|[^"{}[\]:,]+|[{}[\]:,]/g) ?? [];
      const spaced = tokens.map((token, index) => `${token}${between[index % between.length]}`).join("");
      const verdict = (item: ReturnType<typeof decodeItem>): unknown =>
        "fault" in item ? item.fault : { value: item.value };
      expect(verdict(decodeItem(spaced))).toEqual(verdict(decodeItem(text)));
    }),
    { numRuns: 500 },
  );
});

test("the elements of an array are the same, however it is written", () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue({ maxDepth: 3 })), fc.nat(3), (array, space) => {
      const items = decodeStrict(JSON.stringify(array, null, space)).items;
      expect(items.map((item) => ("fault" in item ? "fault" : JSON.parse(item.text)))).toEqual(
        items.map((item, index) => ("fault" in item ? "fault" : JSON.parse(JSON.stringify(array[index])))),
      );
      expect(items).toHaveLength(array.length);
    }),
  );
});
