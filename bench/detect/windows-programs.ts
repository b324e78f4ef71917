/** A program that runs on ordinary Windows machines, with what it is started by and how. */
export interface WindowsProgram {
  readonly image: string;
  readonly original: string;
  readonly description: string;
  readonly company: string;
  readonly parents: readonly string[];
  /** Arguments, in which `{word}` stands for a value that differs from start to start. */
  readonly commands: readonly string[];
}

/** What the words in angle brackets stand for below. */
const words: Readonly<Record<string, string>> = {
  sys: "C:\\Windows\\System32\\",
  apps: "C:\\Program Files\\",
  home: "C:\\Users\\{user}\\AppData\\Local\\",
  shell: "C:\\Windows\\explorer.exe",
  services: "C:\\Windows\\System32\\services.exe",
  svchost: "C:\\Windows\\System32\\svchost.exe",
  ms: "Microsoft Corporation",
  none: "",
};

/**
 * Image, original file name, description, company and parents of each program, and below it the arguments that it is
 * started with. The last ones are what every company has of its own: names without end, which no rule has heard of.
 */
const table = String.raw`
<sys>svchost.exe | svchost.exe | Host Process for Windows Services | <ms> | <services>
  -k netsvcs -p -s Schedule
  -k netsvcs -p -s wuauserv
  -k netsvcs -p -s BITS
  -k LocalService -p -s W32Time
  -k NetworkService -p -s Dnscache
  -k wsappx -p -s ClipSVC
  -k LocalServiceNetworkRestricted -p -s Dhcp
  -k UnistackSvcGroup -s WpnUserService
  -k netsvcs -p -s gpsvc
  -k LocalSystemNetworkRestricted -p -s WdiSystemHost
  -k DcomLaunch -p -s PlugPlay
  -k netsvcs -p -s Appinfo
  -k LocalServiceNoNetworkFirewall -p
  -k appmodel -p -s StateRepository
<sys>backgroundTaskHost.exe | backgroundTaskHost.exe | Background Task Host | <ms> | <svchost>
  -ServerName:App.AppX{hex}.mca
  -ServerName:CortanaUI.AppX{hex}.mca
  -ServerName:BackgroundTaskHost.WebAccountProvider
<sys>RuntimeBroker.exe | RuntimeBroker.exe | Runtime Broker | <ms> | <svchost>
  -Embedding
<sys>dllhost.exe | dllhost.exe | COM Surrogate | <ms> | <svchost>
  /Processid:{{guid}}
<sys>conhost.exe | CONHOST.EXE | Console Window Host | <ms> | <sys>cmd.exe
  0xffffffff -ForceV1
<sys>taskhostw.exe | taskhostw.exe | Host Process for Windows Tasks | <ms> | <svchost>
  <none>
  KEYROAMING
  Install $(Arg0)
  NGCKeyPregen
  -RegisterDevice -SettingChange -Full
<sys>wbem\WmiPrvSE.exe | Wmiprvse.exe | WMI Provider Host | <ms> | <svchost>
  -secured -Embedding
  -Embedding
<sys>SearchProtocolHost.exe | SearchProtocolHost.exe | Windows Search | <ms> | <sys>SearchIndexer.exe
  Global\UsGthrFltPipeMssGthrPipe{n}_ Global\UsGthrCtrlFltPipeMssGthrPipe{n} 1 -{n} "Software\Microsoft\Windows Search" "{guid}"
<sys>consent.exe | consent.exe | Consent UI for administrative applications | <ms> | <svchost>
  {n} {n} {hex}
<sys>audiodg.exe | audiodg.exe | Windows Audio Device Graph Isolation | <ms> | <svchost>
  0x{hex} 0x{hex}
<sys>smartscreen.exe | smartscreen.exe | Windows Defender SmartScreen | <ms> | <svchost>
  -Embedding
<sys>MusNotification.exe | MusNotification.exe | MusNotification | <ms> | <svchost>
  Display
  LogonUpdateResults
<sys>cmd.exe | Cmd.Exe | Windows Command Processor | <ms> | C:\BuildAgent\bin\agent.exe ; <shell>
  /c ""C:\BuildAgent\work\{hex}\build.bat" {thing}"
  /c npm run build --workspace {thing}
  /c git rev-parse {hex}
  /D /E:ON /V:OFF /S /C "CALL "C:\BuildAgent\temp\{guid}.cmd""
  /c mvn -q -pl {thing} package
  /c dotnet test {thing}.sln
<sys>WindowsPowerShell\v1.0\powershell.exe | PowerShell.EXE | Windows PowerShell | <ms> | <shell>
  -NoLogo -Noninteractive -NoProfile -File "C:\Windows\CCM\SystemTemp\{guid}.ps1"
  -File C:\Scripts\{thing}.ps1 -Site {thing}
  -Command Get-Service -Name {thing} | Select-Object Status
  -Command Get-ChildItem D:\Shares\{thing} -Recurse
<sys>gpupdate.exe | GPUpdate.exe | Microsoft Group Policy Update Utility | <ms> | <svchost>
  /target:computer
  /target:user /wait:{n}
<sys>WerFault.exe | WerFault.exe | Windows Problem Reporting | <ms> | <svchost>
  -u -p {n} -s {n}
  -pss -s {n} -p {n} -ip {n}
<sys>notepad.exe | NOTEPAD.EXE | Notepad | <ms> | <shell>
  "C:\Users\{user}\Documents\{thing}.md"
  "D:\Projects\{thing}\readme-{hex}.log"
<sys>mmc.exe | mmc.exe | Microsoft Management Console | <ms> | <shell>
  "C:\Windows\System32\printmanagement.msc"
  "C:\Tools\Consoles\{thing}.msc"
<sys>msiexec.exe | msiexec.exe | Windows installer | <ms> | <services>
  /V
<sys>robocopy.exe | robocopy.exe | Microsoft Robocopy | <ms> | <sys>taskeng.exe
  D:\Data\{thing} E:\Mirror\{thing} /MIR /R:{n} /W:{n} /LOG:E:\Logs\{hex}.log
<sys>ipconfig.exe | ipconfig.exe | IP Configuration Utility | <ms> | C:\Tools\Monitor\probe.exe
  /displaydns
<sys>spool\drivers\x64\3\PrintIsolationHost.exe | PrintIsolationHost.exe | PrintIsolationHost | <ms> | <svchost>
  -Embedding
<apps>Google\Chrome\Application\chrome.exe | chrome.exe | Google Chrome | Google LLC | <apps>Google\Chrome\Application\chrome.exe
  --type=renderer --display-capture-permissions-policy-allowed --lang=en-US --device-scale-factor=1 --num-raster-threads=4 --enable-main-frame-before-activation --renderer-client-id={n} --time-ticks-at-unix-epoch=-{n} --launch-time-ticks={n} --field-trial-handle={n},i,{n},{n},262144 --variations-seed-version={hex} --mojo-platform-channel-handle={n} /prefetch:1
  --type=utility --utility-sub-type=network.mojom.NetworkService --lang=en-US --service-sandbox-type=none --field-trial-handle={n},i,{n},{n},262144 --variations-seed-version={hex} --mojo-platform-channel-handle={n} /prefetch:11
  --type=gpu-process --gpu-preferences={hex}{hex} --field-trial-handle={n},i,{n},{n},262144 --mojo-platform-channel-handle={n} /prefetch:2
C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe | msedge.exe | Microsoft Edge | <ms> | <shell>
  --type=renderer --lang=de --device-scale-factor=1.25 --num-raster-threads=4 --renderer-client-id={n} --time-ticks-at-unix-epoch=-{n} --launch-time-ticks={n} --field-trial-handle={n},i,{n},{n},262144 --variations-seed-version --mojo-platform-channel-handle={n} /prefetch:1
  --profile-directory=Default https://{thing}.example.com/start/{hex}
<apps>Mozilla Firefox\firefox.exe | firefox.exe | Firefox | Mozilla Corporation | <apps>Mozilla Firefox\firefox.exe
  -contentproc --channel={n} -parentBuildID 2026{n} -sandboxingKind 0 -prefsHandle {n} -prefMapHandle {n} -appDir "C:\Program Files\Mozilla Firefox\browser" - {guid} {n} "\\.\pipe\gecko-crash-server-pipe.{n}" tab
<apps>Microsoft Office\root\Office16\WINWORD.EXE | WinWord.exe | Microsoft Word | <ms> | <shell>
  /n "C:\Users\{user}\Documents\{thing}.docx" /o ""
  /n "D:\Shares\{thing}\offer {n}.docx"
<apps>Microsoft Office\root\Office16\EXCEL.EXE | Excel.exe | Microsoft Excel | <ms> | <shell>
  "C:\Users\{user}\Documents\{thing}-{n}.xlsx"
  "D:\Shares\{thing}\budget {n}.xlsx"
<apps>Microsoft Office\root\Office16\OUTLOOK.EXE | Outlook.exe | Microsoft Outlook | <ms> | <shell>
  <none>
  /recycle
<home>Microsoft\Teams\current\Teams.exe | Teams.exe | Microsoft Teams | <ms> | <shell>
  --type=renderer --user-data-dir="C:\Users\{user}\AppData\Roaming\Microsoft\Teams" --app-user-model-id=com.squirrel.Teams.Teams --lang=de --renderer-client-id={n} --launch-time-ticks={n} --mojo-platform-channel-handle={n} --field-trial-handle={n},i,{n},{n} /prefetch:1
<home>Programs\Microsoft VS Code\Code.exe | electron.exe | Visual Studio Code | <ms> | <shell>
  --type=utility --utility-sub-type=node.mojom.NodeService --lang=en-US --service-sandbox-type=none --user-data-dir="C:\Users\{user}\AppData\Roaming\Code" --field-trial-handle={n},i,{n},{n},262144 --mojo-platform-channel-handle={n}
  "D:\Projects\{thing}"
<apps>nodejs\node.exe | node.exe | Node.js JavaScript Runtime | Node.js | <sys>cmd.exe
  D:\Projects\{thing}\node_modules\typescript\bin\tsc -p D:\Projects\{thing}
  D:\Projects\{thing}\server.mjs --port {n}
<apps>Git\cmd\git.exe | git.exe | Git for Windows | The Git Development Community | <home>Programs\Microsoft VS Code\Code.exe
  status -z -uall
  for-each-ref --format=%(refname) refs/heads/{thing}
  fetch origin {thing}
  show --textconv :{thing}/{hex}.ts
  log -n {n} --oneline {hex}
<apps>Java\jdk-21\bin\java.exe | java.exe | OpenJDK Platform binary | Eclipse Adoptium | <services>
  -Xmx{n}m -Dapp.name={thing} -Dinstance={guid} -cp D:\Apps\{thing}\lib\* com.example.{hex}.Main --config D:\Apps\{thing}\application.yml
<apps>dotnet\dotnet.exe | .NET Host | .NET Host | <ms> | <sys>cmd.exe
  exec D:\Projects\{thing}\bin\Release\net8.0\{hex}.dll --urls http://localhost:{n}
  build D:\Projects\{thing}\{hex}.csproj -nodereuse:false
C:\Python311\python.exe | python.exe | Python | Python Software Foundation | C:\BuildAgent\bin\agent.exe
  D:\Jobs\{thing}\run.py --day {n} --out D:\Jobs\{hex}
  -m pytest D:\Projects\{thing} -q
<apps>Microsoft SQL Server\MSSQL16.MSSQLSERVER\MSSQL\Binn\SQLAGENT.EXE | SQLAGENT.EXE | SQL Server Agent | <ms> | <services>
  -i {thing}
<apps>Windows Defender\MpCmdRun.exe | MpCmdRun.exe | Microsoft Malware Protection Command Line Utility | <ms> | <services>
  SpyNetServiceDss -RestrictPrivileges -AccessKey {guid} -Reinvoke
  Scan -ScheduleJob -ScanTrigger {n} -IdleScheduledJob
C:\Windows\CCM\CcmExec.exe | CcmExec.exe | Host Process for Microsoft Configuration Manager | <ms> | <services>
  <none>
C:\Windows\Microsoft.NET\Framework64\v4.0.30319\ngen.exe | ngen.exe | Microsoft Common Language Runtime native compiler | <ms> | <svchost>
  ExecuteQueuedItems /LegacyServiceBehavior
  install "D:\Apps\{thing}\{hex}.dll" /queue:{n}
<apps>7-Zip\7zFM.exe | 7zFM.exe | 7-Zip File Manager | Igor Pavlov | <shell>
  "D:\Shares\{thing}\{hex}.7z"
<apps>Notepad++\notepad++.exe | notepad++.exe | Notepad++ | Don HO don.h@free.fr | <shell>
  "D:\Projects\{thing}\{hex}.xml"
  -multiInst -nosession D:\Logs\{thing}.log
<apps>Zabbix Agent\zabbix_agentd.exe | zabbix_agentd.exe | Zabbix Agent | Zabbix SIA | <services>
  --config "C:\Program Files\Zabbix Agent\zabbix_agentd.{thing}.conf"
<apps>SAP\FrontEnd\SAPgui\saplogon.exe | saplogon.exe | SAP Logon for Windows | SAP SE, Walldorf | <shell>
  <none>
  -ini_file={thing}.ini
<home>Slack\app-4.37.101\slack.exe | slack.exe | Slack | Slack Technologies Inc. | <home>Slack\slack.exe
  --type=renderer --user-data-dir="C:\Users\{user}\AppData\Roaming\Slack" --standard-schemes=app,slack-webapp-dev --lang=en-US --renderer-client-id={n} --launch-time-ticks={n} --mojo-platform-channel-handle={n} --field-trial-handle={n},i,{n},{n} /prefetch:1
<apps>Docker\Docker\resources\bin\docker.exe | docker.exe | Docker Client | Docker Inc. | <home>Programs\Microsoft VS Code\Code.exe
  ps --format {{json .}} --filter name={thing}
  inspect {hex}{hex}
  logs -f --tail {n} {thing}
<sys>rundll32.exe | RUNDLL32.EXE | Windows host process (Rundll32) | <ms> | <svchost>
  shell32.dll,Control_RunDLL input.dll
  C:\Windows\System32\shell32.dll,SHCreateLocalServerRunDll {{guid}} -Embedding
  Windows.Storage.ApplicationData.dll,CleanupTemporaryState
  C:\Windows\System32\PcaSvc.dll,PcaPatchSdbTask
  C:\Windows\System32\davclnt.dll,{hex} {thing}
<sys>reg.exe | reg.exe | Registry Console Tool | <ms> | <sys>cmd.exe ; C:\BuildAgent\bin\agent.exe
  query "HKLM\SOFTWARE\Example\{thing}" /v Version
  query HKCU\Software\Example\{hex} /s
  add "HKCU\Software\Example\{thing}" /v LastRun /t REG_SZ /d {n} /f
<sys>sc.exe | sc.exe | Service Control Manager Configuration Tool | <ms> | <sys>cmd.exe
  sdshow {thing}
  qc {thing} {n}
<sys>net.exe | net.exe | Net Command | <ms> | <sys>cmd.exe
  config server /hidden:no {thing}
  file {n} /close
<sys>schtasks.exe | schtasks.exe | Task Scheduler Configuration Tool | <ms> | D:\Apps\Scheduler\runner.exe
  /query /tn "\Example\{thing}" /fo csv
  /run /tn "\Example\nightly-{thing}"
  /end /tn "\Example\nightly-{thing}"
<sys>findstr.exe | FINDSTR.EXE | Find String (QGREP) Utility | <ms> | <sys>cmd.exe
  /c:"{hex}" D:\Logs\{thing}\{n}.log
  /n /r "^ERR {n}" D:\Logs\{thing}.txt
<sys>wbem\WMIC.exe | wmic.exe | WMI Commandline Utility | <ms> | C:\Tools\Monitor\probe.exe
  path Win32_PerfFormattedData_PerfOS_Memory get AvailableMBytes /value
  volume where "Label='{thing}'" get FreeSpace /value
<sys>certutil.exe | CertUtil.exe | CertUtil.exe | <ms> | <sys>cmd.exe
  -store My {hex}{hex}
  -verify D:\Certificates\{thing}.cer
<sys>netsh.exe | netsh.exe | Network Command Shell | <ms> | C:\Tools\Monitor\probe.exe
  interface ipv4 show subinterfaces
  wlan show interfaces name={thing}
<sys>PING.EXE | ping.exe | TCP/IP Ping Command | <ms> | C:\Tools\Monitor\probe.exe
  -n {n} {thing}.example.com
  -4 -w {n} 10.{n}.7.{n}
<sys>nslookup.exe | nslookup.exe | nslookup | <ms> | <sys>cmd.exe
  -timeout={n} {thing}.example.com 10.1.1.{n}
<sys>xcopy.exe | XCOPY.EXE | Extended Copy Utility | <ms> | <sys>cmd.exe
  D:\Build\{thing}\{hex} E:\Drop\{thing} /s /y /i /d
<sys>where.exe | where.exe | Where - Lists location of files | <ms> | <home>Programs\Microsoft VS Code\Code.exe
  {thing}.cmd
  $path:{hex}.exe
<sys>regsvr32.exe | REGSVR32.EXE | Microsoft Register Server | <ms> | <sys>msiexec.exe
  /s "C:\Program Files\Example\{thing}\{hex}.dll"
<sys>WindowsPowerShell\v1.0\powershell_ise.exe | powershell_ise.EXE | Windows PowerShell ISE | <ms> | <shell>
  C:\Scripts\{thing}.ps1
  -File D:\Projects\{thing}\deploy-{hex}.ps1
<apps>PowerShell\7\pwsh.exe | pwsh.dll | PowerShell 7 | <ms> | <shell>
  -NoProfile -File D:\Projects\{thing}\test.ps1 -Tag {hex}
  -WorkingDirectory D:\Projects\{thing}
  -File C:\Scripts\rotate-{thing}.ps1 -Keep {n}
<sys>inetsrv\w3wp.exe | w3wp.exe | IIS Worker Process | <ms> | <svchost>
  -ap "{thing}" -v "v4.0" -l "webengine4.dll" -a \\.\pipe\iisipm{guid} -h "C:\inetpub\temp\apppools\{thing}\{thing}.config" -w "" -m 0 -t 20
<apps>OpenSSH\ssh.exe | ssh.exe | OpenSSH client | OpenSSH | <shell>
  -i D:\Keys\{hex} {user}@{thing}.example.com
  -L {n}:{thing}.example.com:{n} {user}@jump-{n}.example.com
<apps>PuTTY\putty.exe | PuTTY | SSH, Telnet, Rlogin, and SUPDUP client | Simon Tatham | <shell>
  -load {thing}
  -ssh {user}@{thing}.example.com {n}
<apps>Zoom\bin\Zoom.exe | Zoom.exe | Zoom Meetings | Zoom Video Communications, Inc. | <shell>
  --url=zoommtg://example.zoom.us/join?action=join&confno={n}&zc=0&browser=chrome&t={hex}
  --action=join --runaszvideo=TRUE --session={guid}
<apps>Microsoft VS Code\bin\rg.exe | rg.exe | ripgrep | The ripgrep developers | <home>Programs\Microsoft VS Code\Code.exe
  --files --hidden --case-sensitive --no-require-git -g **/{thing}/** --no-ignore-parent --follow --quiet --no-config
  --hidden --no-require-git --ignore-case -g !**/.git -g !**/node_modules --no-ignore-parent --follow --crlf --fixed-strings -- {hex} .
<apps>Adobe\Acrobat DC\Acrobat\Acrobat.exe | Acrobat.exe | Adobe Acrobat | Adobe Systems Incorporated | <shell> ; <apps>Microsoft Office\root\Office16\OUTLOOK.EXE
  "C:\Users\{user}\Downloads\{thing}-{n}.pdf"
  "D:\Shares\{thing}\contract {hex}.pdf"
<apps>KeePassXC\KeePassXC.exe | KeePassXC.exe | KeePassXC | KeePassXC Team | <shell>
  D:\Vault\{thing}.kdbx
<apps>VMware\VMware Tools\vmtoolsd.exe | vmtoolsd.exe | VMware Tools Core Service | VMware, Inc. | <services>
  -n vmusr
  -n vmsvc --cmd "info-get guestinfo.{hex}"
<apps>Amazon\SSM\ssm-document-worker.exe | ssm-document-worker.exe | Amazon SSM worker | Amazon Web Services | <apps>Amazon\SSM\amazon-ssm-agent.exe
  {guid}.{guid}
<sys>mstsc.exe | mstsc.exe | Remote Desktop Connection | <ms> | <shell>
  /edit {thing}.config
<sys>timeout.exe | timeout.exe | timeout - pauses command processing | <ms> | <sys>cmd.exe
  /t {n}
<sys>fsutil.exe | fsutil.exe | fsutil.exe | <ms> | C:\Tools\Monitor\probe.exe
  volume diskfree D:
  file queryfileid D:\Data\{thing}\{hex}.bin
D:\Apps\{thing}\bin\{thing}.exe | {thing}.exe | Order entry {thing} | Example Ltd | <shell>
  --profile {thing} --session {guid}
  /start /workspace:{hex} /user:{user}
  --open D:\Orders\{hex}\{n}.order
<apps>Example\{thing}\agent.exe | agent.exe | Inventory agent | Example Ltd | <services>
  collect --scope {thing} --since {n} --endpoint https://{thing}.example.com/v1/{hex}
  heartbeat --id {guid}
C:\Program Files (x86)\{thing}\client.exe | client.exe | Time recording | Contoso GmbH | <shell>
  <none>
  -server={thing}.example.com -port={n} -ticket={hex}{hex}
E:\Services\{thing}\{thing}.Host.exe | {thing}.Host.dll | {thing} host | Example Ltd | <services>
  --instance {n} --config E:\Services\{thing}\settings.{hex}.json --trace {guid}
C:\BuildAgent\tools\{hex}\compile.exe | compile.exe | Compiler driver | Example Ltd | C:\BuildAgent\bin\agent.exe
  /out:{hex}.obj /I D:\Projects\{thing}\include /O2 /W4 D:\Projects\{thing}\src\{hex}.cpp
  @C:\BuildAgent\temp\{guid}.rsp
D:\Tools\{thing}\report.exe | report.exe | Report writer | Fabrikam Inc. | D:\Apps\Scheduler\runner.exe
  --template {thing}.rpt --month {n} --to D:\Reports\{hex}.pdf --lang de --copies {n}
`;

/** What runs on ordinary Windows machines. */
export const windowsPrograms: readonly WindowsProgram[] = table
  .replace(/<(\w+)>/g, (whole, word: string) => words[word] ?? whole)
  .trim()
  .split(/\n(?! )/)
  .map(readProgram);

function readProgram(text: string): WindowsProgram {
  const [head = "", ...commands] = text.split("\n  ");
  const [image = "", original = "", description = "", company = "", parents = ""] = head.split(" | ");
  return { image, original, description, company, parents: parents.split(" ; "), commands };
}
