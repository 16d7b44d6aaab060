/* java.nio: one thread, a selector, HTTP/1.1 by hand, kept alive. Its argument is the port. */
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.PriorityQueue;

public class Nio {
	static final String GENERATION = "generation=" + System.getenv("BATON_GENERATION") + "\n";

	record Later(long when, Runnable what) implements Comparable<Later> {
		public int compareTo(Later other) {
			return Long.compare(when, other.when);
		}
	}

	static final PriorityQueue<Later> later = new PriorityQueue<>();

	static void after(long ms, Runnable what) {
		later.add(new Later(System.nanoTime() + ms * 1_000_000, what));
	}

	/* What is written here is short: it always has room. */
	static void write(SocketChannel to, String text, boolean last) {
		try {
			to.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
			if (last)
				to.close();
		} catch (IOException gone) {
			drop(to);
		}
	}

	static void drop(SocketChannel gone) {
		try {
			gone.close();
		} catch (IOException ignored) {
			return;
		}
	}

	static void lines(SocketChannel to, int left, boolean close) {
		write(to, GENERATION, close && left == 1);
		if (left > 1)
			after(200, () -> lines(to, left - 1, close));
	}

	static void answer(SocketChannel to, String head) {
		boolean close = head.toLowerCase().contains("connection: close");
		int count = head.startsWith("GET /stream ") ? 5 : 1;
		Runnable now = () -> {
			write(to, "HTTP/1.1 200 OK\r\nContent-Length: " + count * GENERATION.length() +
			    "\r\n\r\n", false);
			lines(to, count, close);
		};
		if (head.startsWith("GET /slow "))
			after(300, now);
		else
			now.run();
	}

	static void read(SelectionKey key) throws IOException {
		SocketChannel from = (SocketChannel) key.channel();
		ByteBuffer bytes = ByteBuffer.allocate(4096);
		StringBuilder head = (StringBuilder) key.attachment();
		int count = from.read(bytes);
		if (count == -1) {
			from.close();
			return;
		}
		head.append(new String(bytes.array(), 0, count, StandardCharsets.US_ASCII));
		if (head.indexOf("\r\n\r\n") == -1)
			return;
		answer(from, head.toString());
		head.setLength(0);
	}

	static long patience() {
		if (later.isEmpty())
			return 0;
		return Math.max(1, (later.peek().when() - System.nanoTime()) / 1_000_000);
	}

	static void turn(Selector selector, ServerSocketChannel listening) throws IOException {
		selector.select(patience());
		while (!later.isEmpty() && later.peek().when() <= System.nanoTime())
			later.poll().what().run();
		for (SelectionKey key : selector.selectedKeys()) {
			if (key.channel() == listening) {
				SocketChannel one = listening.accept();
				if (one == null)
					continue;
				one.configureBlocking(false);
				one.register(selector, SelectionKey.OP_READ, new StringBuilder());
				continue;
			}
			try {
				read(key);
			} catch (IOException gone) {
				key.channel().close();
			}
		}
		selector.selectedKeys().clear();
	}

	public static void main(String[] arguments) throws IOException {
		Selector selector = Selector.open();
		ServerSocketChannel listening = ServerSocketChannel.open();
		listening.bind(new InetSocketAddress(Integer.parseInt(arguments[0])));
		listening.configureBlocking(false);
		listening.register(selector, SelectionKey.OP_ACCEPT);
		while (true)
			turn(selector, listening);
	}
}
