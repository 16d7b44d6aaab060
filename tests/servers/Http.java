/* com.sun.net.httpserver, a pool of threads. Its argument is the port. */
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;

public class Http {
	static final byte[] GENERATION =
	    ("generation=" + System.getenv("BATON_GENERATION") + "\n").getBytes();

	static void answer(HttpExchange exchange, int lines, int before) throws IOException {
		try (exchange) {
			Thread.sleep(before);
			exchange.sendResponseHeaders(200, (long) lines * GENERATION.length);
			for (int line = 0; line < lines; line++) {
				if (line > 0)
					Thread.sleep(200);
				exchange.getResponseBody().write(GENERATION);
				exchange.getResponseBody().flush();
			}
		} catch (InterruptedException e) {
			throw new IOException(e);
		}
	}

	public static void main(String[] arguments) throws IOException {
		HttpServer server = HttpServer.create(
		    new InetSocketAddress(Integer.parseInt(arguments[0])), 0);
		server.createContext("/", exchange -> answer(exchange, 1, 0));
		server.createContext("/slow", exchange -> answer(exchange, 1, 300));
		server.createContext("/stream", exchange -> answer(exchange, 5, 0));
		server.setExecutor(Executors.newCachedThreadPool());
		server.start();
	}
}
