// net/http. Its argument is the address.
package main

import (
	"fmt"
	"net/http"
	"os"
	"time"
)

func main() {
	generation := "generation=" + os.Getenv("BATON_GENERATION")
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, generation) })
	http.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(300 * time.Millisecond)
		fmt.Fprintln(w, generation)
	})
	http.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		for line := 0; line < 5; line++ {
			if line > 0 {
				time.Sleep(200 * time.Millisecond)
			}
			fmt.Fprintln(w, generation)
			w.(http.Flusher).Flush()
		}
	})
	panic(http.ListenAndServe(os.Args[1], nil))
}
