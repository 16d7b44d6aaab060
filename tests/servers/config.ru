# A Rack application, for puma.
generation = "generation=#{ENV['BATON_GENERATION']}\n"

class Lines
  def initialize(line) = @line = line

  def each
    5.times do |number|
      sleep 0.2 if number > 0
      yield @line
    end
  end
end

run lambda { |environment|
  sleep 0.3 if environment['PATH_INFO'] == '/slow'
  length = generation.bytesize
  next [200, { 'Content-Length' => (5 * length).to_s }, Lines.new(generation)] if environment['PATH_INFO'] == '/stream'

  [200, { 'Content-Length' => length.to_s }, [generation]]
}
