/** What people of a role do, and where. Nothing here is an attack: no rule of the pack may fire on it. */
export interface Role {
  /** The first of these is the home host of the role's first person, and so on in turn. */
  readonly hosts: readonly string[];
  /** How logins reach the hosts. */
  readonly protocols: readonly string[];
  readonly commands: readonly string[];
  readonly files: readonly string[];
  readonly services: readonly string[];
  /** Groups of the accounts that they create, none of which may do more than a user. */
  readonly groups: readonly string[];
  /** How often they do what, against each other. */
  readonly habits: Readonly<Record<Habit, number>>;
  /** First hours of their working days in UTC, given out in turn; `null`: works round the clock. */
  readonly shifts: readonly (number | null)[];
  readonly users: readonly string[];
}

/** The kinds of what happens on an ordinary day. */
export const habits = ["login", "failedLogin", "sudo", "file", "service", "account"] as const;
export type Habit = (typeof habits)[number];

const web = ["prod-web-01", "prod-web-02", "prod-web-03", "prod-web-04"];
const api = ["prod-api-01", "prod-api-02", "prod-api-03"];
const databases = ["prod-db-01", "prod-db-02", "prod-db-03"];
const backends = ["prod-cache-01", "prod-queue-01", "prod-search-01"];
const staging = ["stage-web-01", "stage-api-01", "stage-db-01"];
const build = ["build-01", "build-02"];
const office = ["office-files-01", "office-apps-01"];

/** A company of a few dozen people and machine accounts, by role. */
export const company: readonly Role[] = [
  {
    hosts: [...staging, ...build, ...api],
    protocols: ["ssh", "ssh", "https"],
    commands: [
      "/usr/bin/journalctl -u payments-api --since today",
      "/usr/bin/docker ps",
      "/usr/bin/docker logs --tail 200 catalog-api",
      "/usr/bin/tail -n 200 /var/log/catalog/app.log",
      "/usr/bin/systemctl status catalog-api",
      "/usr/bin/apt-get install -y jq",
    ],
    files: [
      "/srv/catalog/config/app.yml",
      "/srv/payments/config/features.json",
      "/srv/payments/.env.staging",
      "/srv/web/public/index.html",
      "/srv/catalog/db/seeds.sql",
    ],
    services: ["catalog-api", "payments-api"],
    groups: [],
    habits: { login: 30, failedLogin: 2, sudo: 24, file: 34, service: 4, account: 0 },
    shifts: [6, 7, 8, 8, 14, 15],
    users: [
      "anna.berg",
      "ben.okafor",
      "carla.rossi",
      "daniel.novak",
      "elif.kaya",
      "felix.brandt",
      "grace.lee",
      "hugo.martin",
      "ines.costa",
      "jonas.weber",
      "kofi.mensah",
      "lena.fischer",
    ],
  },
  {
    hosts: [...web, ...api, ...backends, ...build],
    protocols: ["ssh"],
    commands: [
      "/usr/sbin/nginx -t",
      "/usr/bin/systemctl reload nginx",
      "/usr/bin/apt-get update",
      "/usr/bin/journalctl -p err --since '1 hour ago'",
      "/usr/bin/df -h",
      "/usr/bin/ss -tlnp",
      "/usr/sbin/logrotate /srv/web/logrotate.conf",
      "/usr/bin/certbot renew --dry-run",
    ],
    files: [
      "/etc/nginx/sites-available/shop.conf",
      "/etc/nginx/nginx.conf",
      "/etc/haproxy/haproxy.cfg",
      "/etc/prometheus/prometheus.yml",
      "/srv/deploy/inventory.yml",
    ],
    services: ["nginx", "haproxy", "redis-server", "rabbitmq-server", "node-exporter"],
    groups: [],
    habits: { login: 22, failedLogin: 2, sudo: 44, file: 18, service: 12, account: 0 },
    shifts: [5, 6, 7, 13, 14, 21],
    users: [
      "marta.silva",
      "nils.larsen",
      "olga.petrova",
      "pavel.horak",
      "quentin.dubois",
      "rosa.moreno",
      "samir.haddad",
      "tara.singh",
    ],
  },
  {
    hosts: [...databases, "stage-db-01"],
    protocols: ["ssh"],
    commands: [
      "/usr/bin/psql -U postgres -c 'ANALYZE orders'",
      "/usr/bin/pg_dump -Fc -f /srv/backup/orders.dump orders",
      "/usr/bin/pg_lsclusters",
      "/usr/bin/iostat -x 1 3",
      "/usr/bin/systemctl reload postgresql",
    ],
    files: ["/etc/postgresql/15/main/postgresql.conf", "/srv/backup/schedule.yml", "/srv/db/migrations.sql"],
    services: ["postgresql", "pgbouncer"],
    groups: [],
    habits: { login: 24, failedLogin: 2, sudo: 46, file: 16, service: 6, account: 0 },
    shifts: [6, 7, 15],
    users: ["uwe.krause", "vera.lindholm", "william.adeyemi"],
  },
  {
    hosts: [...office, "stage-web-01"],
    protocols: ["https", "https", "ssh"],
    commands: ["/usr/bin/systemctl status smbd", "/usr/sbin/repquota -a", "/usr/bin/lpstat -t"],
    files: ["/srv/office/handbook.md", "/srv/office/printers.conf", "/srv/office/onboarding.csv"],
    services: ["smbd", "cups"],
    groups: ["users", "staff", "contractors", "analysts", "developers"],
    habits: { login: 46, failedLogin: 4, sudo: 14, file: 18, service: 2, account: 6 },
    shifts: [7, 8],
    users: ["xenia.vogel", "yusuf.demir", "zoe.clarke"],
  },
  {
    hosts: [...office, "stage-db-01"],
    protocols: ["https"],
    commands: ["/usr/bin/systemctl status reports"],
    files: [
      "/srv/office/reports/weekly.xlsx",
      "/srv/office/reports/forecast.csv",
      "/srv/office/invoices/2026.ods",
    ],
    services: ["reports"],
    groups: [],
    habits: { login: 58, failedLogin: 4, sudo: 1, file: 37, service: 0, account: 0 },
    shifts: [7, 8, 8, 14],
    users: [
      "adam.wright",
      "bianca.popescu",
      "chen.wei",
      "dora.szabo",
      "emil.hansen",
      "fatima.zahra",
      "george.papas",
      "hana.suzuki",
      "ivan.petrov",
    ],
  },
  {
    hosts: [...web, ...api, ...databases, ...backends],
    protocols: ["ssh"],
    commands: [
      "/usr/bin/systemctl status cron",
      "/usr/bin/rsync -a /srv/app/ /srv/releases/current/",
      "/usr/bin/systemctl reload nginx",
    ],
    files: ["/srv/releases/current/VERSION", "/srv/backup/last-run.json", "/srv/monitoring/targets.json"],
    services: ["payments-api", "catalog-api", "node-exporter"],
    groups: [],
    habits: { login: 40, failedLogin: 0, sudo: 22, file: 32, service: 6, account: 0 },
    shifts: [null],
    users: ["svc-deploy", "svc-backup", "svc-monitoring", "svc-ci"],
  },
];
