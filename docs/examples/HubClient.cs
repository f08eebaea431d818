// The five calls of an agency system in C# (.NET 8), with nothing but the framework.
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

public sealed class HubRefused(int status, string problem) : Exception($"{status} {problem}")
{
    /// <summary>The body is application/problem+json: code, detail, all errors, traceId.</summary>
    public int Status { get; } = status;
}

public sealed class HubClient
{
    private readonly HttpClient http;

    public HubClient(string hub, string key)
    {
        http = new HttpClient { BaseAddress = new Uri(hub), Timeout = TimeSpan.FromMinutes(10) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <summary>Sends a message. The file streams. Keep the key with your document: after a crash, send again with the same.</summary>
    public Task<string> SendAsync(string file, string contentType, string idempotencyKey) =>
        PostAsync("/v1/packages", idempotencyKey, () => FileContent(file, contentType));

    /// <summary>Sends a dossier and its files as a form: the dossier first. The files stream.</summary>
    public Task<string> SendDossierAsync(string dossier, IReadOnlyList<string> files, string idempotencyKey) =>
        PostAsync("/v1/packages", idempotencyKey, () =>
        {
            var form = new MultipartFormDataContent();
            form.Add(FileContent(dossier, "application/json"), "package", Path.GetFileName(dossier));
            foreach (var file in files) form.Add(FileContent(file, "application/octet-stream"), "file", Path.GetFileName(file));
            return form;
        });

    /// <summary>The JSON of a path, e.g. /v1/packages/{id}/recipients or /v1/inbox?limit=20&amp;lockSeconds=60.</summary>
    public Task<string> ReadAsync(string path) => AnswerAsync(() => new HttpRequestMessage(HttpMethod.Get, path));

    /// <summary>Fetches the content of an inbox item into a file. Fails when its SHA-256 is not the one of the item.</summary>
    public async Task FetchAsync(string deliveryId, string sha256, string target)
    {
        using var answer = await http.GetAsync($"/v1/inbox/{deliveryId}/content", HttpCompletionOption.ResponseHeadersRead);
        if (!answer.IsSuccessStatusCode) throw new HubRefused((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
        var part = target + ".part";
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using (var body = await answer.Content.ReadAsStreamAsync())
        await using (var file = File.Create(part))
        {
            var buffer = new byte[64 * 1024];
            int count;
            while ((count = await body.ReadAsync(buffer)) > 0)
            {
                hash.AppendData(buffer, 0, count);
                await file.WriteAsync(buffer.AsMemory(0, count));
            }
            file.Flush(flushToDisk: true);
        }
        if (Convert.ToHexString(hash.GetHashAndReset()).ToLowerInvariant() != sha256) throw new IOException($"other bytes than announced: {deliveryId}");
        File.Move(part, target, overwrite: true);
    }

    /// <summary>Only after the content is stored for good. Saying it twice is harmless.</summary>
    public Task AcknowledgeAsync(string deliveryId) =>
        AnswerAsync(() => new HttpRequestMessage(HttpMethod.Post, $"/v1/inbox/{deliveryId}/ack"));

    /// <summary>Is this webhook request from the hub? body: the bytes as they came.</summary>
    public static bool IsFromHub(string? id, string? timestamp, string? signatures, byte[] body, string secret)
    {
        if (id is null || timestamp is null || signatures is null || !long.TryParse(timestamp, out var signedAt)) return false;
        if (Math.Abs(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - signedAt) > 300) return false;
        var key = secret.StartsWith("whsec_") ? Convert.FromBase64String(secret["whsec_".Length..]) : Encoding.UTF8.GetBytes(secret);
        var sha256 = Convert.ToHexString(SHA256.HashData(body)).ToLowerInvariant();
        var expected = Encoding.UTF8.GetBytes("v1," + Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{id}.{timestamp}.{sha256}"))));
        return signatures.Split(' ').Any(one => CryptographicOperations.FixedTimeEquals(expected, Encoding.UTF8.GetBytes(one)));
    }

    private static StreamContent FileContent(string file, string contentType)
    {
        var content = new StreamContent(File.OpenRead(file));
        content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        return content;
    }

    private Task<string> PostAsync(string path, string idempotencyKey, Func<HttpContent> open) => AnswerAsync(() =>
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = open() };
        request.Headers.Add("Idempotency-Key", idempotencyKey);
        return request;
    });

    /// <summary>Tries again what failed on the way, and what the hub asks to send later. Each try opens its files anew.</summary>
    private async Task<string> AnswerAsync(Func<HttpRequestMessage> make)
    {
        for (var attempt = 1; ; attempt++)
        {
            var pause = TimeSpan.FromMilliseconds(500 << attempt);
            try
            {
                using var request = make();
                using var answer = await http.SendAsync(request);
                var body = await answer.Content.ReadAsStringAsync();
                if (answer.IsSuccessStatusCode) return body;
                var status = (int)answer.StatusCode;
                var isTemporary = status is 408 or 429 || status >= 500;
                if (!isTemporary || attempt == 5) throw new HubRefused(status, body);
                pause = answer.Headers.RetryAfter?.Delta ?? pause;
            }
            catch (HttpRequestException) when (attempt < 5) { }
            await Task.Delay(pause);
        }
    }
}
