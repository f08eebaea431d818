// The five calls of an agency system in Java 17, with nothing but the JDK. Run it: HUB=... KEY=... java HubClient.java (in this folder).
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public final class HubClient {
  private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(10)).build();
  private final String hub;
  private final String key;

  public HubClient(String hub, String key) {
    this.hub = hub;
    this.key = key;
  }

  /** Sends a message. The file streams. Keep the key with your document: after a crash, send again with the same. */
  public String send(Path file, String contentType, String idempotencyKey) throws IOException, InterruptedException {
    return post("/v1/packages", contentType, idempotencyKey, BodyPublishers.ofFile(file));
  }

  /** Sends a dossier and its files as a form: the dossier first. The files stream. */
  public String sendDossier(Path dossier, List<Path> files, String idempotencyKey) throws IOException, InterruptedException {
    String boundary = "hub-" + UUID.randomUUID();
    List<BodyPublisher> parts = new ArrayList<>();
    parts.add(head(boundary, "package", dossier, "application/json"));
    parts.add(BodyPublishers.ofFile(dossier));
    for (Path file : files) {
      parts.add(head("\r\n", boundary, "file", file, "application/octet-stream"));
      parts.add(BodyPublishers.ofFile(file));
    }
    parts.add(BodyPublishers.ofString("\r\n--" + boundary + "--\r\n"));
    return post("/v1/packages", "multipart/form-data; boundary=" + boundary, idempotencyKey, BodyPublishers.concat(parts.toArray(BodyPublisher[]::new)));
  }

  private static BodyPublisher head(String boundary, String name, Path file, String contentType) {
    return head("", boundary, name, file, contentType);
  }

  private static BodyPublisher head(String before, String boundary, String name, Path file, String contentType) {
    String filename = file.getFileName().toString().replace("\"", "%22");
    return BodyPublishers.ofString(before + "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\"; filename=\"" + filename
      + "\"\r\nContent-Type: " + contentType + "\r\n\r\n");
  }

  /** The JSON of a path, e.g. /v1/packages/{id}/recipients or /v1/inbox?limit=20&lockSeconds=60. */
  public String read(String path) throws IOException, InterruptedException {
    return answerOf(() -> request(path).GET().build());
  }

  /** Fetches the content of an inbox item into a file. Fails when its SHA-256 is not the one of the item. */
  public void fetch(String deliveryId, String sha256, Path target) throws IOException, InterruptedException, GeneralSecurityException {
    HttpResponse<InputStream> answer = http.send(request("/v1/inbox/" + deliveryId + "/content").GET().build(), BodyHandlers.ofInputStream());
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    Path part = target.resolveSibling(target.getFileName() + ".part");
    try (InputStream body = new DigestInputStream(answer.body(), digest)) {
      if (answer.statusCode() != 200) throw new IOException(answer.statusCode() + " " + new String(body.readAllBytes(), StandardCharsets.UTF_8));
      Files.copy(body, part, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }
    if (!HexFormat.of().formatHex(digest.digest()).equals(sha256)) throw new IOException("other bytes than announced: " + deliveryId);
    try (java.nio.channels.FileChannel written = java.nio.channels.FileChannel.open(part, java.nio.file.StandardOpenOption.WRITE)) {
      written.force(true);
    }
    Files.move(part, target, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
  }

  /** Only after the content is stored for good. Saying it twice is harmless. */
  public void acknowledge(String deliveryId) throws IOException, InterruptedException {
    answerOf(() -> request("/v1/inbox/" + deliveryId + "/ack").POST(BodyPublishers.noBody()).build());
  }

  /** Is this webhook request from the hub? `body`: the bytes as they came. */
  public static boolean isFromHub(String id, String timestamp, String signatures, byte[] body, String secret) throws GeneralSecurityException {
    if (id == null || timestamp == null || signatures == null || !timestamp.matches("\\d{1,12}")) return false;
    if (Math.abs(Instant.now().getEpochSecond() - Long.parseLong(timestamp)) > 300) return false;
    byte[] secretKey = secret.startsWith("whsec_") ? Base64.getDecoder().decode(secret.substring(6)) : secret.getBytes(StandardCharsets.UTF_8);
    String sha256 = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(secretKey, "HmacSHA256"));
    byte[] expected = ("v1," + Base64.getEncoder().encodeToString(mac.doFinal((id + "." + timestamp + "." + sha256).getBytes(StandardCharsets.UTF_8)))).getBytes(StandardCharsets.UTF_8);
    for (String one : signatures.split(" ")) if (MessageDigest.isEqual(expected, one.getBytes(StandardCharsets.UTF_8))) return true;
    return false;
  }

  private String post(String path, String contentType, String idempotencyKey, BodyPublisher body) throws IOException, InterruptedException {
    return answerOf(() -> request(path).header("Content-Type", contentType).header("Idempotency-Key", idempotencyKey).POST(body).build());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(hub + path)).header("Authorization", "Bearer " + key).timeout(Duration.ofMinutes(10));
  }

  private interface Request { HttpRequest make(); }

  /** Tries again what failed on the way, and what the hub asks to send later; everything else is for people to read. */
  private String answerOf(Request request) throws IOException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      long pauseMs = 500L << attempt;
      try {
        HttpResponse<String> answer = http.send(request.make(), BodyHandlers.ofString());
        int status = answer.statusCode();
        if (status < 300) return answer.body();
        boolean isTemporary = status == 408 || status == 429 || status >= 500;
        if (!isTemporary || attempt == 5) throw new Refused(status, answer.body());
        pauseMs = answer.headers().firstValue("Retry-After").map(seconds -> Long.parseLong(seconds) * 1000).orElse(pauseMs);
      } catch (Refused refused) {
        throw refused;
      } catch (IOException broken) {
        if (attempt == 5) throw broken;
      }
      Thread.sleep(pauseMs);
    }
  }

  /** The hub said no: application/problem+json with code, detail, all errors and traceId. */
  public static final class Refused extends IOException {
    private static final long serialVersionUID = 1;
    public final int status;

    Refused(int status, String problem) {
      super(status + " " + problem);
      this.status = status;
    }
  }

  public static void main(String[] args) throws Exception {
    HubClient client = new HubClient(System.getenv("HUB"), System.getenv("KEY"));
    String accepted = client.send(Path.of("cong-van-15.edxml"), "application/xml", "stc-2026-0001");
    System.out.println(accepted);
    System.out.println(client.sendDossier(Path.of("ho-so.json"), List.of(Path.of("don-de-nghi.pdf"), Path.of("so-do.png")), "mc-2026-000123"));
    // A real program reads JSON with its own library; this one keeps to the JDK.
    System.out.println(client.read("/v1/packages/" + firstOf("\"id\":\"([0-9a-f-]{36})\"", accepted) + "/recipients"));
    String inbox = client.read("/v1/inbox?limit=1&lockSeconds=60");
    String deliveryId = firstOf("\"deliveryId\":\"([0-9a-f-]{36})\"", inbox);
    if (deliveryId == null) return;
    // The hash of the item stands before its links; those of its files stand earlier.
    client.fetch(deliveryId, firstOf("\"sha256\":\"([0-9a-f]{64})\",\"links\"", inbox), Path.of(deliveryId + ".bin"));
    client.acknowledge(deliveryId);
    System.out.println("acknowledged " + deliveryId);
  }

  private static String firstOf(String pattern, String text) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    return matcher.find() ? matcher.group(1) : null;
  }
}
