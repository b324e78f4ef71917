import { expect, test } from "vitest";
import { passwordFaults } from "./check-secrets.ts";

// Put together here, so that this file holds no such URL.
const url = (scheme: string, password: string) => `${scheme}:${"//"}me:${password}@host/x`;

test.each(["amqp", "redis", "postgres", "smtps", "https", "mongodb+srv"])(
  "a password in a %s URL is a fault",
  (scheme) => {
    expect(passwordFaults("a.txt", `first\nsee ${url(scheme, "Xk29sdfSSq1")}`)).toMatchObject([
      { file: "a.txt:2" },
    ]);
  },
);

test.each(["password", "PASSWORD", "***", "$" + "{password}", "<password>", "hunter2"])(
  "%s is no password",
  (word) => {
    expect(passwordFaults("a.txt", url("amqp", word))).toEqual([]);
  },
);

test("a URL without a password and a time of day are none", () => {
  expect(passwordFaults("a.txt", "http://host:80/a@b mailto:me@host at 10:15:30 me@host")).toEqual([]);
});
